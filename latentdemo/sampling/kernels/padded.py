"""Steps of few chains, made such that a chain walks as it does in company.

Some operations round in another way where a batch has only a few rows, or rows that its threads cannot share evenly,
and a chain can amplify what is lost in rounding until its pictures are others. So that a chain's walk does not depend
on who else walks, small steps get more rows; those that nobody asked for repeat the last one, and are dropped.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from latentdemo.models.rows import repeated
from latentdemo.random import ChainNoise, Generators, chain_generators
from latentdemo.sampling.kernels.kernel import Kernel, over_tensors, take_rows

# networks and densities of all shipped models give equal bits for any number of rows from 12 on with one or two
# threads, and networks alone, in the form that serves on a CPU, for any number; with 3 to 16 threads for multiples of 8
# rows a thread, the threads counted up to a power of two, or for 64
LEAST_ROWS = 16
ROWS_A_THREAD = 8
ENOUGH_ROWS = 64


class Padded:
    """A kernel with enough rows in each step; see `Kernel` for its methods.

    Args:
        kernel: that takes the steps; one that is content with fewer rows than others says so as `least_rows`.

    Attributes:
        room: rows that the device has memory for.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.least_rows: int = getattr(kernel, "least_rows", LEAST_ROWS)
        self.room = ENOUGH_ROWS

    def init(self, latent: Tensor, generator: Generators) -> Any:
        rows = len(latent)
        more = self.missing(rows)
        if not more:
            return self.kernel.init(latent, generator)
        state = self.kernel.init(repeated(latent, more), joined(generator, more))
        return take_rows(state, slice(rows))

    def step(self, state: Any, generator: Generators) -> tuple[Any, Any]:
        rows = len(state.latent)
        more = self.missing(rows)
        if not more:
            return self.kernel.step(state, generator)
        padded = over_tensors(lambda values: repeated(values, more), state)
        state, info = self.kernel.step(padded, joined(generator, more))
        return take_rows(state, slice(rows)), take_rows(info, slice(rows))

    def missing(self, rows: int) -> int:
        """How many rows a batch of so many lacks; an empty one is left alone."""
        return max(0, min(rows_of_step(rows, self.least_rows), self.room) - rows) if rows else 0


def rows_of_step(rows: int, least: int = LEAST_ROWS) -> int:
    """How many rows a step of so many chains should have, where so many are enough for one or two threads."""
    threads = torch.get_num_threads()
    if threads <= 2:
        return max(rows, least)
    block = ROWS_A_THREAD << (threads - 1).bit_length()
    return max(rows, min(ENOUGH_ROWS, -(-rows // block) * block))


def joined(generator: Generators, more: int) -> Generators:
    """Generators for so many more rows, whose draws are dropped; one that all rows share serves these as well."""
    if isinstance(generator, torch.Generator):
        return generator
    if isinstance(generator, ChainNoise):
        return generator.with_idle_rows(more)
    return [*generator, *chain_generators(0, more)]
