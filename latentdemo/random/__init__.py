"""Random numbers, always from generators that the caller passes in.

Every purpose has streams of its own, told apart by the spawn key of `numpy.random.SeedSequence`, so that numbers that
are drawn for different purposes never meet. A chain's stream gives its starting point first and the noise of its steps
after it; a chain whose starting point is given has another stream, since that point may well have been drawn from the
first.

A batch draws either from one `torch.Generator` or from one stream a row. The second makes what a row gets independent
of the batch it is in: chain 5 of seed 7 is the same alone, among 64, or among 10,000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from latentdemo.random.noise import ChainNoise, standard_normal, whole_blocks
from latentdemo.random.streams import (
    PICTURE_DAMAGE,
    PICTURE_DRAWS,
    Purpose,
    chain_generators,
    common_generators,
    stream,
    streams,
)

__all__ = [
    "PICTURE_DAMAGE",
    "PICTURE_DRAWS",
    "ChainNoise",
    "Generators",
    "Purpose",
    "chain_generators",
    "common_generators",
    "rand",
    "randn",
    "standard_normal",
    "stream",
    "streams",
    "whole_blocks",
]

Generators = torch.Generator | Sequence[torch.Generator] | ChainNoise


def randn(shape: Sequence[int], generator: Generators, device: torch.device | str | None = None) -> Tensor:
    """Standard normal float32 noise of `shape` (N, ...), on `device`.

    Args:
        shape: sizes, the batch first.
        generator: one for the whole batch, a sequence of N, one a row, or the noise of N chains.
        device: where the noise is wanted; it is drawn where the generator lives and copied.
    """
    if isinstance(generator, torch.Generator):
        noise = torch.randn(tuple(shape), generator=generator, dtype=torch.float32, device=generator.device)
    else:
        check_rows(generator, shape[0])
        if isinstance(generator, ChainNoise):
            noise = generator.normal(math.prod(shape[1:])).reshape(tuple(shape))
        else:
            noise = torch.empty(tuple(shape), dtype=torch.float32, device="cpu")
            for row, own in zip(noise.unbind(), generator, strict=True):
                row.normal_(generator=own)
    return noise if device is None else noise.to(device)


def rand(count: int, generator: Generators, device: torch.device | str | None = None) -> Tensor:
    """Uniform noise on [0, 1), (count,), drawn as `randn` draws."""
    if isinstance(generator, torch.Generator):
        noise = torch.rand(count, generator=generator, dtype=torch.float32, device=generator.device)
    else:
        check_rows(generator, count)
        if isinstance(generator, ChainNoise):
            noise = generator.uniform(1)[:, 0]
        else:
            noise = torch.empty(count, dtype=torch.float32, device="cpu")
            for row, own in zip(noise, generator, strict=True):
                row.uniform_(generator=own)
    return noise if device is None else noise.to(device)


def check_rows(generators: Sequence[torch.Generator] | ChainNoise, rows: int) -> None:
    """Raise ValueError where there is not one stream a row."""
    if len(generators) != rows:
        raise ValueError(f"{len(generators)} generators for a batch of {rows}: pass one a row")
