"""What computes with the models of a pool and in turns with the chains of others, such as an evaluation asks for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import torch

from latentdemo.checkpoints import Form
from latentdemo.engine.engine import Engine
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import Batches

Answer = TypeVar("Answer")


class OnEngine:
    """An engine as `latentdemo.evaluation.compute.Compute` asks for: models are leased from its pool, within the budget
    of memory, and its worker does all work on the device.

    Args:
        engine: the engine.
        batches: walks chains on it; None takes its own `run_batches`.
    """

    def __init__(self, engine: Engine, batches: Batches | None = None) -> None:
        self.engine = engine
        self.batches = batches or engine.run_batches
        self.at_once = 1 if batches else 2  # Batches of a job come one after the other.

    @property
    def device(self) -> torch.device:
        """Where the engine computes."""
        return self.engine.device

    def model(self, name: str, form: Form) -> AbstractContextManager[GenerativeAutoencoder]:
        """A model of the pool, leased for the length of a `with` block."""
        return self.engine.models.lease(name, form=form)

    def call(self, work: Callable[[], Answer]) -> Answer:
        """Work of the engine's worker, between two ticks; keep it short."""
        return self.engine.call(work)
