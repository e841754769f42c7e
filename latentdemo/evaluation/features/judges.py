"""Independent judges: more classifiers of labels, to see whether what one of them says of a sampler holds for others.

They differ from the one that is shipped in seed, width and depth, and are shipped nowhere: whoever doubts a figure
trains them and measures again.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch

from latentdemo.data import ImageSet
from latentdemo.evaluation.features.label_training import train_labels
from latentdemo.evaluation.features.labels import FILES, LabelSpace, load_labels, save_labels
from latentdemo.evaluation.features.registry import Tell, tell_batch


class Judge(NamedTuple):
    """How a judge is trained; see `train_labels`."""

    seed: int
    width: int
    depth: int


JUDGES = {"narrow": Judge(11, 24, 1), "deep": Judge(12, 24, 2), "wide": Judge(13, 40, 1)}


def train_judges(
    folder: Path,
    dataset: str,
    train: ImageSet,
    held_out: ImageSet,
    *,
    epochs: int | None = None,
    device: torch.device | str = "cpu",
    tell: Tell = lambda *_: None,
) -> dict[str, LabelSpace]:
    """Train the judges of a data set that are not in a folder yet.

    Args:
        folder: where each has a folder of its own.
        dataset, train, held_out, epochs, device: see `train_labels`.
        tell: told how far each is.

    Returns:
        All of them, by name.

    Raises:
        TrainingError: as `train_labels` does.
    """
    for name, judge in JUDGES.items():
        if not FILES.are_in(folder / name):
            on_batch = partial(tell_batch, tell, f"training the {name} judge")
            trained = train_labels(
                dataset, train, held_out, epochs=epochs, device=device, on_batch=on_batch, **judge._asdict()
            )
            save_labels(trained, folder / name)
    return load_judges(folder, dataset, device)


def load_judges(folder: Path, dataset: str, device: torch.device | str | None = None) -> dict[str, LabelSpace]:
    """The judges of a data set that are in a folder, by name; raises as `load_labels` does."""
    return {name: load_labels(dataset, device, beside=folder / name) for name in JUDGES if FILES.are_in(folder / name)}
