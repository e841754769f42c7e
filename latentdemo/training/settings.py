"""Settings of a training run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import get_args

from latentdemo.errors import TrainingError
from latentdemo.models.device import Precision

LEAST_STEPS = 3000  # Training takes so many, however few the images are.


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained, apart from its network and its family's options.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step; an incomplete last batch is left out (batch norm).
        learning_rate: Adam's at the start; it falls to zero along half a cosine (Loshchilov & Hutter 2017).
        beta1, beta2: Adam's decay rates.
        precision: bf16 runs convolutions under autocast; weights and losses stay float32. None takes bf16 where the
            device has it in hardware, else float32.
        seed: fixes weights, order of images and noise.
        train_count: how many of the training images to use; None takes all.
        patience: epochs without a lower held-out loss after which training stops, and the best epoch's weights are
            taken; None trains all epochs and takes the last one's.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    precision: Precision | None = None
    seed: int = 0
    train_count: int | None = None
    patience: int | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise TrainingError(f"epochs is {self.epochs}; it must be at least 1")
        if self.batch_size < 2:
            raise TrainingError(f"batch_size is {self.batch_size}; batch normalisation needs at least 2")
        if not self.learning_rate > 0:
            raise TrainingError(f"learning_rate is {self.learning_rate}; it must be above 0")
        if self.precision not in (None, *get_args(Precision)):
            raise TrainingError(f"precision is {self.precision!r}; it must be bf16 or float32")
        if self.seed < 0:
            raise TrainingError(f"seed is {self.seed}; it must be 0 or more")
        if self.train_count is not None and self.train_count < 1:
            raise TrainingError(f"train_count is {self.train_count}; it must be at least 1")
        if self.patience is not None and self.patience < 1:
            raise TrainingError(f"patience is {self.patience}; it must be at least 1")


def usual_epochs(count: int, batch_size: int) -> int:
    """Passes over so many training images: 20, or more where they would be fewer than `LEAST_STEPS` steps."""
    return max(TrainingSettings.epochs, math.ceil(LEAST_STEPS / max(count // batch_size, 1)))
