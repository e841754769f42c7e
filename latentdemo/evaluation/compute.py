"""Where an evaluation's models come from, and who computes with them: here, or an engine that serves others, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

import torch

from latentdemo.checkpoints import Form, load_form
from latentdemo.models import GenerativeAutoencoder, pick_device
from latentdemo.sampling import Batches, run_batches

Answer = TypeVar("Answer")


class Compute(Protocol):
    """What an evaluation asks of whoever computes for it.

    Attributes:
        device: where that is.
        batches: walks chains, as `run_batches`.
        at_once: how many threads may ask of it at a time, so that it need not wait while figures are taken.
    """

    at_once: int

    @property
    def device(self) -> torch.device: ...

    @property
    def batches(self) -> Batches: ...

    def model(self, name: str, form: Form) -> AbstractContextManager[GenerativeAutoencoder]:
        """A model, there for the length of a `with` block; raises as `load_model` does."""

    def call(self, work: Callable[[], Answer]) -> Answer:
        """Do a short piece of work on the device."""


class Here:
    """Loads models for this evaluation alone, and computes on the caller's thread.

    Args:
        device: where; None takes cuda, else mps, else cpu.
        batches: walks chains.
    """

    at_once = 1

    def __init__(self, device: torch.device | str | None = None, batches: Batches = run_batches) -> None:
        self.device = pick_device(device)
        self.batches = batches

    @contextmanager
    def model(self, name: str, form: Form) -> Iterator[GenerativeAutoencoder]:
        """See `Compute`."""
        yield load_form(name, self.device, form)

    def call(self, work: Callable[[], Answer]) -> Answer:
        """See `Compute`."""
        return work()
