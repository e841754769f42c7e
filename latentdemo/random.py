"""Random numbers, always from generators that the caller passes in.

A batch draws either from one `torch.Generator` or from one generator a row. The second makes what a row
gets independent of the batch it is in: chain 5 of seed 7 is the same alone, among 64, or among 10,000.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

Generators = torch.Generator | Sequence[torch.Generator]


def chain_generators(seed: int, count: int, first: int = 0) -> list[torch.Generator]:
    """Independent CPU generators for chains `first` to `first + count - 1` of a seed.

    Chain i of a seed always gets the same generator, whatever `first` and `count` are: its state comes from
    `numpy.random.SeedSequence`, spawned by index.

    Raises:
        ValueError: a negative seed.
    """
    children = (np.random.SeedSequence(seed, spawn_key=(i,)) for i in range(first, first + count))
    return [torch.Generator().manual_seed(int(child.generate_state(1, np.uint64)[0])) for child in children]


def common_generators(seed: int, count: int) -> list[torch.Generator]:
    """CPU generators that all give the same numbers: common random numbers, a stream of a seed that is no chain's.

    Raises:
        ValueError: a negative seed.
    """
    state = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    return [torch.Generator().manual_seed(state) for _ in range(count)]


def randn(shape: Sequence[int], generator: Generators, device: torch.device | str | None = None) -> Tensor:
    """Standard normal float32 noise of `shape` (N, ...), on `device`.

    Args:
        shape: sizes, the batch first.
        generator: one for the whole batch, or a sequence of N, one a row.
        device: where the noise is wanted; it is drawn where the generator lives and copied.
    """
    if isinstance(generator, torch.Generator):
        noise = torch.randn(tuple(shape), generator=generator, device=generator.device)
    else:
        if len(generator) != shape[0]:
            raise ValueError(f"{len(generator)} generators for a batch of {shape[0]}: pass one a row")
        noise = torch.empty(tuple(shape))
        for row, own in zip(noise.unbind(), generator, strict=True):
            row.normal_(generator=own)
    return noise if device is None else noise.to(device)


def rand(count: int, generator: Generators, device: torch.device | str | None = None) -> Tensor:
    """Uniform noise on [0, 1), (count,), drawn as `randn` draws."""
    if isinstance(generator, torch.Generator):
        noise = torch.rand(count, generator=generator, device=generator.device)
    else:
        noise = torch.empty(count)
        for row, own in zip(noise, generator, strict=True):
            torch.rand((), generator=own, out=row)
    return noise if device is None else noise.to(device)


def epoch_generator(seed: int, epoch: int, device: torch.device | str = "cpu") -> torch.Generator:
    """The generator of one training epoch, so that a resumed run draws what an unbroken one would have drawn."""
    state = np.random.SeedSequence(seed, spawn_key=(epoch,)).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(state))
