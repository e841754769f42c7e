"""A device that keeps its own time: nothing is done before a test says so, or somebody waits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from latentdemo.engine.stepping.device import EagerDevice, Mark, Work
from latentdemo.random import Generators, rand, randn
from tests.engine.stand_ins import Info, State


class LateMark:
    """Passed once its device has come to it."""

    def __init__(self, device: LateDevice) -> None:
        self.device = device
        self.place = device.asked
        device.asked += 1

    def passed(self) -> bool:
        return self.device.done > self.place

    def wait(self) -> None:
        if not self.passed():
            self.device.waits.append(self.place)
        self.device.done = max(self.device.done, self.place + 1)


class LateDevice(EagerDevice):
    """The twin, whose marks are passed late, and which notes what it was asked for.

    Attributes:
        asked, done: marks that were made, and how many of them are passed.
        waits: places of the marks that somebody waited for.
        released: how often its memory was given back.
        buffers: of the host.
    """

    def __init__(self) -> None:
        self.asked = self.done = self.released = 0
        self.waits: list[int] = []
        self.buffers: list[Tensor] = []
        self.recorded: list[Work] = []

    def record(self, work: Work) -> Work:
        self.recorded.append(super().record(work))
        return self.recorded[-1]

    def host_buffer(self, rows: int, columns: int) -> Tensor:
        self.buffers.append(super().host_buffer(rows, columns))
        return self.buffers[-1]

    def mark(self) -> Mark:
        return LateMark(self)

    def fetch(self, tensors: Sequence[Tensor]) -> tuple[list[Tensor], Mark]:
        return [each.to("cpu", copy=True) for each in tensors], LateMark(self)

    def release(self) -> None:
        self.released += 1


class Fill:
    """A kernel whose steps add a uniform number and then a normal one; a picture goes with the latent."""

    recordable = True

    def __init__(self) -> None:
        self.calls = 0

    def init(self, latent: Tensor, generator: Generators) -> State:
        return State(latent, latent[:, None, None])

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        self.calls += 1
        device = state.latent.device
        moved = state.latent + rand(len(state.latent), generator, device)[:, None]
        moved = moved + randn(moved.shape, generator, device)
        return State(moved, moved[:, None, None]), Info(torch.linalg.vector_norm(moved - state.latent, dim=1))
