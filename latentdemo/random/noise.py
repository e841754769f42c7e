"""The noise of a batch of chains, one stream a row, drawn ahead."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

BLOCK = 16  # numbers that `torch.Tensor.normal_` makes at a time, eight pairs
MOST_AHEAD = 2**22  # numbers that a batch draws ahead at the most, 16 MB of them


class DrawnAhead:
    """Numbers of several streams, drawn ahead in one call a stream.

    What a stream gives does not depend on how much of it is drawn at a time.

    Args:
        generators: one a stream.
        steps: how often about as many numbers as the first time will be asked for.
    """

    def __init__(self, generators: Sequence[torch.Generator], steps: int) -> None:
        self.generators = list(generators)
        self.steps = max(steps, 1)
        self.numbers = torch.empty(len(self.generators), 0, dtype=torch.float32, device="cpu")
        self.used = np.zeros(len(self.generators), dtype=np.int64)  # NumPy: a few numbers, of which each step asks
        self.places = np.arange(len(self.generators))
        self.normals, self.normals_first, self.normals_end = self.numbers, 0, -1

    def uniform(self, streams: np.ndarray, count: int) -> Tensor:
        """The next numbers of some streams, (len(streams), count) on [0, 1)."""
        self.provide(streams, count)
        used = self.used[streams]
        self.used[streams] += count
        rows, first = torch.from_numpy(streams), int(used[0]) if len(used) else 0
        if (used == first).all():
            return self.numbers[rows, first : first + count]
        return self.numbers[rows[:, None], torch.from_numpy(used)[:, None] + torch.arange(count, device="cpu")]

    def normal(self, streams: np.ndarray, count: int) -> Tensor:
        """The next standard normal numbers of some streams, (len(streams), count), of whole blocks of uniform ones.

        For all streams that ask for one draw after the other, those of further steps are computed along.
        """
        width = whole_blocks(count)
        together = np.array_equal(streams, self.places) and (self.used == self.used[0]).all()
        if not together:
            return standard_normal(self.uniform(streams, width))[:, :count]
        self.provide(streams, width)
        first = int(self.used[0])
        ahead, apart = divmod(first - self.normals_first, BLOCK)
        if apart or not 0 <= ahead * BLOCK <= self.normals.shape[1] - width:
            most = self.numbers.shape[1] - first if first == self.normals_end else width
            self.normals = standard_normal(self.numbers[:, first : first + most // BLOCK * BLOCK])
            self.normals_first = first
        self.used += width
        self.normals_end = first + width
        return self.normals[:, first - self.normals_first :][:, :count].contiguous()

    def provide(self, streams: np.ndarray, count: int) -> None:
        """Draw more where there are not so many left, behind what was not used yet; all streams end at one place."""
        if not (self.used[streams] + count > self.numbers.shape[1]).any():
            return
        most = max(MOST_AHEAD // len(self.generators), count)
        more = min((count + BLOCK) * self.steps, most)
        left = self.numbers.shape[1] - int(self.used.min())
        gone = self.numbers.shape[1] - left
        numbers = torch.empty(len(self.generators), left + more, dtype=torch.float32, device="cpu")
        numbers[:, :left] = self.numbers[:, gone:]
        self.used -= gone
        self.normals_end -= gone
        self.normals = self.normals[:, :0]
        for row, generator in zip(numbers.unbind(), self.generators, strict=True):
            row[left:].uniform_(generator=generator)
        self.numbers = numbers


def whole_blocks(count: int) -> int:
    """How many uniform numbers so many normal ones are made of."""
    return -(-count // BLOCK) * BLOCK


def standard_normal(uniform: Tensor) -> Tensor:
    """Standard normal numbers of as many uniform ones, (N, a multiple of 16) float32, by the transform of Box & Muller
    1958.

    Pairs lie in blocks of 16, as `torch.Tensor.normal_` lays them, so that the numbers are those that it gives. They
    are computed in float64, so that rounding cannot depend on how many rows are at hand.
    """
    pairs = uniform.double().unflatten(1, (-1, 2, BLOCK // 2))
    radius = (-2.0 * (1.0 - pairs[:, :, 0]).log()).sqrt()
    angle = 2.0 * math.pi * pairs[:, :, 1]
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=2).flatten(1).float()


class ChainNoise:
    """The noise of a batch of chains, one stream a row; may be taken apart and put together as chains are.

    Parts of a batch go on with the streams of the whole: what one draws, the other does not draw again.

    Args:
        parts: streams that were drawn ahead, and which of them the rows have, in their order; -1 for a row that needs
            no noise worth the name.

    Example:
        >>> from latentdemo.random import chain_generators, randn
        >>> noise = ChainNoise.of(chain_generators(7, 64), steps=10)
        >>> randn((64, 32), noise).shape
        torch.Size([64, 32])
    """

    def __init__(self, parts: Sequence[tuple[DrawnAhead, np.ndarray]]) -> None:
        self.parts = [(source, rows) for source, rows in parts if len(rows)]
        self.rows = sum(len(rows) for _, rows in self.parts)

    @classmethod
    def of(cls, generators: Sequence[torch.Generator], steps: int = 1) -> ChainNoise:
        """Noise from generators, one a row, for about so many steps."""
        source = DrawnAhead(generators, steps)
        return cls([(source, source.places)])

    @classmethod
    def join(cls, batches: Sequence[ChainNoise]) -> ChainNoise:
        """The rows of several batches, one after the other."""
        if len(batches) == 1:
            return batches[0]
        parts: list[tuple[DrawnAhead, np.ndarray]] = []
        for source, rows in (part for batch in batches for part in batch.parts):
            if parts and parts[-1][0] is source:
                parts[-1] = (source, np.concatenate([parts[-1][1], rows]))
            else:
                parts.append((source, rows))
        return cls(parts)

    def __len__(self) -> int:
        return self.rows

    def take(self, chosen: Tensor | slice) -> ChainNoise:
        """Some of the rows, a slice or (N,) booleans."""
        kept = np.zeros(len(self), dtype=bool)
        kept[chosen.cpu().numpy() if isinstance(chosen, Tensor) else chosen] = True
        shares = np.split(kept, np.cumsum([len(rows) for _, rows in self.parts])[:-1])
        found = [(source, rows[share]) for (source, rows), share in zip(self.parts, shares, strict=True)]
        return ChainNoise(found)

    def with_idle_rows(self, more: int) -> ChainNoise:
        """The same rows, and so many behind them whose draws are dropped."""
        return ChainNoise.join([self, ChainNoise([(self.parts[-1][0], np.full(more, -1))])]) if more else self

    def uniform(self, count: int) -> Tensor:
        """The next numbers of each row, (N, count) on [0, 1), on the CPU."""
        return self.gather(DrawnAhead.uniform, count)

    def normal(self, count: int) -> Tensor:
        """Standard normal numbers, (N, count) float32 on the CPU, see `standard_normal`."""
        return self.gather(DrawnAhead.normal, count)

    def gather(self, draw: Callable[[DrawnAhead, np.ndarray, int], Tensor], count: int) -> Tensor:
        """What the streams of each part give, (N, count), and 0.5 for idle rows."""
        drawn = []
        for source, rows in self.parts:
            real = rows >= 0
            if real.all():
                drawn.append(draw(source, rows, count))
                continue
            numbers = torch.full((len(rows), count), 0.5, dtype=torch.float32, device="cpu")
            numbers[torch.from_numpy(real)] = draw(source, rows[real], count)
            drawn.append(numbers)
        if not drawn:
            return torch.empty(0, count, dtype=torch.float32, device="cpu")
        return drawn[0] if len(drawn) == 1 else torch.cat(drawn)
