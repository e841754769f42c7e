"""Steps of few chains, made such that a chain walks as it does in company.

Some operations round in another way where a batch has only a few rows, or rows that its threads cannot share evenly,
and a chain can amplify what is lost in rounding until its pictures are others. So that a chain's walk does not depend
on who else walks, small steps get more rows; those that nobody asked for repeat the last one, and are dropped.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from latentdemo.random import ChainNoise, Generators, chain_generators
from latentdemo.sampling.kernels.kernel import Kernel, join_rows, take_rows

# networks and densities of all shipped models give equal bits for any number of rows from 12 on with one or two
# threads; with 3 to 16 for multiples of 8 rows a thread, the threads counted up to a power of two, or for 64
LEAST_ROWS = 16
ROWS_A_THREAD = 8
ENOUGH_ROWS = 64


class Padded:
    """A kernel with enough rows in each step; see `Kernel` for its methods.

    Args:
        kernel: that takes the steps.

    Attributes:
        room: rows that the device has memory for.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.room = ENOUGH_ROWS

    def init(self, latent: Tensor, generator: Generators) -> Any:
        rows = len(latent)
        more = self.missing(rows)
        state = self.kernel.init(torch.cat([latent, latent[-1:].expand(more, -1)]), joined(generator, more))
        return take_rows(state, slice(rows))

    def step(self, state: Any, generator: Generators) -> tuple[Any, Any]:
        rows = len(state.latent)
        more = self.missing(rows)
        padded = join_rows([state, *[take_rows(state, slice(rows - 1, rows))] * more])
        state, info = self.kernel.step(padded, joined(generator, more))
        return take_rows(state, slice(rows)), take_rows(info, slice(rows))

    def missing(self, rows: int) -> int:
        """How many rows a batch of so many lacks; an empty one is left alone."""
        return max(0, min(rows_of_step(rows), self.room) - rows) if rows else 0


def rows_of_step(rows: int) -> int:
    """How many rows a step of so many chains should have."""
    threads = torch.get_num_threads()
    block = 1 if threads <= 2 else ROWS_A_THREAD << (threads - 1).bit_length()
    return max(rows, min(ENOUGH_ROWS, max(LEAST_ROWS, -(-rows // block) * block)))


def joined(generator: Generators, more: int) -> Generators:
    """Generators for so many more rows, whose draws are dropped; one that all rows share serves these as well."""
    if isinstance(generator, torch.Generator):
        return generator
    if isinstance(generator, ChainNoise):
        return generator.with_idle_rows(more)
    return [*generator, *chain_generators(0, more)]
