"""A step for a fixed number of rows, from buffers that stay where they are.

    load        the chains' State into the first rows of the static one
    draw        each chain's uniform numbers on the CPU, as everywhere; through pinned memory to the device
    replay      the recorded step
    hand over   copies of the rows that were asked for; the next step may belong to others

Nothing of it waits for the device but for the step before the last, whose memory on the host is used again.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import torch
from torch import Tensor

from latentdemo.engine.stepping.device import Mark, SteppingDevice, Work
from latentdemo.models.rows import repeated
from latentdemo.random import ChainNoise, standard_normal, whole_blocks
from latentdemo.sampling.kernels.kernel import Kernel, over_tensors

AHEAD = 2  # steps that the host may be ahead of the device


class NoiseInOrder(ChainNoise):
    """Noise whose normal numbers are made of uniform ones at each draw, so that those are all that a step draws."""

    def normal(self, count: int) -> Tensor:
        return standard_normal(self.uniform(whole_blocks(count)))[:, :count]


class CountedNoise(NoiseInOrder):
    """The noise of chains, which tells how many uniform numbers a row has drawn.

    Args:
        noise: of the chains.
    """

    def __init__(self, noise: ChainNoise) -> None:
        super().__init__(noise.parts)
        self.drawn = 0

    def uniform(self, count: int) -> Tensor:
        self.drawn += count
        return super().uniform(count)


class StaticNoise(NoiseInOrder):
    """Noise whose uniform numbers lie on the device already, handed out in the order in which they are asked for.

    Normal numbers are made of them there, by the same operations in the same precision as on the CPU.

    Args:
        numbers: (N, all that a step draws).
    """

    def __init__(self, numbers: Tensor) -> None:
        super().__init__([])
        self.rows = len(numbers)
        self.numbers = numbers
        self.drawn = 0

    def uniform(self, count: int) -> Tensor:
        self.drawn += count
        if self.drawn > self.numbers.shape[1]:
            raise RuntimeError(f"a step draws {self.drawn} numbers, where the first one drew {self.numbers.shape[1]}")
        return self.numbers[:, self.drawn - count : self.drawn]


class StaticStep:
    """The step of a kernel for a number of rows. The first one is taken eagerly, to see what it draws.

    Args:
        kernel: a kernel whose step can be recorded, see `Kernel`.
        device: that takes it.
        rows: most chains at a time.
    """

    def __init__(self, kernel: Kernel, device: SteppingDevice, rows: int) -> None:
        self.kernel = kernel
        self.device = device
        self.rows = rows
        self.state: Any = None
        self.columns = 0
        self.replay: Work | None = None
        self.under_way: deque[Mark] = deque()
        self.turn = 0

    @property
    def nbytes(self) -> int:
        """Bytes on the device that its buffers take: the State, in and out, and the numbers."""
        state = 0 if self.state is None else sum(each.nbytes for each in tensors_of(self.state))
        return 2 * state + 4 * self.rows * self.columns

    def __call__(self, state: Any, noise: ChainNoise) -> tuple[Any, Any]:
        """As `Kernel.step`, of at most so many rows."""
        if self.state is None:
            return self.first(state, noise)
        self.load(state, noise)
        moved, info = self.recorded()
        self.under_way.append(self.device.mark())
        return rows_apart(moved, len(noise)), rows_apart(info, len(noise))

    def first(self, state: Any, noise: ChainNoise) -> tuple[Any, Any]:
        """A step that is not recorded; rows that nobody asked for repeat the last one."""
        missing = self.rows - len(noise)
        held = over_tensors(lambda values: repeated(values, missing), state)
        counted = CountedNoise(noise.with_idle_rows(missing))
        moved, info = self.kernel.step(held, counted)
        moved, info = rows_apart(moved, len(noise)), rows_apart(info, len(noise))
        self.state, self.columns = held, counted.drawn
        return moved, info

    def recorded(self) -> tuple[Any, Any]:
        """What the step makes of what was loaded, all rows of it; the next call overwrites it."""
        if self.replay is None:
            self.replay = self.device.record(lambda: self.kernel.step(self.state, StaticNoise(self.numbers)))
        return self.replay()

    def load(self, state: Any, noise: ChainNoise) -> None:
        """Put chains and their numbers into the first rows."""
        count = len(noise)
        over_tensors(lambda held, given: held[:count].copy_(given), self.state, state)
        if self.replay is None:
            device = self.state.latent.device
            self.numbers = torch.full((self.rows, self.columns), 0.5, dtype=torch.float32, device=device)
            self.on_host = [self.device.host_buffer(self.rows, self.columns) for _ in range(AHEAD)]
        while len(self.under_way) >= AHEAD:
            self.under_way.popleft().wait()
        if self.columns:
            buffer = self.on_host[self.turn % AHEAD][:count]
            buffer.copy_(noise.uniform(self.columns))
            self.numbers[:count].copy_(buffer, non_blocking=True)
        self.turn += 1


def tensors_of(batch: Any) -> list[Tensor]:
    """All tensors of a State or an Info."""
    return [batch] if isinstance(batch, Tensor) else [each for field in batch for each in tensors_of(field)]


def rows_apart(batch: Any, count: int) -> Any:
    """The first rows of a State or an Info, in memory of their own."""
    return over_tensors(lambda values: values[:count].clone(), batch)
