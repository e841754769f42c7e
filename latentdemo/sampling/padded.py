"""Steps of very few chains, made such that a chain walks as it does in company.

Some operations round in another way where a batch has only a few rows, and a chain can amplify what is lost in
rounding until its pictures are others. So that a chain's walk does not depend on who else walks, a step has at least
LEAST_ROWS rows; those that nobody asked for repeat the last one, and are dropped.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.random import Generators, chain_generators
from latentdemo.sampling.kernel import Info, Kernel, State, join_rows, take_rows

# on two CPU cores, networks and densities of shipped models give equal bits from 12 rows on; below, some differ where
# one of the two threads has fewer than 4
LEAST_ROWS = 16


class Padded:
    """A kernel with enough rows in each step; see `Kernel` for its methods.

    Args:
        kernel: that takes the steps.

    Attributes:
        room: rows that the device has memory for.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.room = LEAST_ROWS

    def init(self, latent: Tensor, generator: Generators) -> State:
        rows = len(latent)
        more = self.missing(rows)
        state = self.kernel.init(torch.cat([latent, latent[-1:].expand(more, -1)]), joined(generator, more))
        return take_rows(state, slice(rows))

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        rows = len(state.latent)
        more = self.missing(rows)
        padded = join_rows([state, *[take_rows(state, slice(rows - 1, rows))] * more])
        state, info = self.kernel.step(padded, joined(generator, more))
        return take_rows(state, slice(rows)), take_rows(info, slice(rows))

    def missing(self, rows: int) -> int:
        """How many rows a batch of so many lacks; an empty one is left alone."""
        return max(0, min(LEAST_ROWS, self.room) - rows) if rows else 0


def joined(generator: Generators, more: int) -> Generators:
    """Generators for so many more rows, whose draws are dropped; one that all rows share serves these as well."""
    return generator if isinstance(generator, torch.Generator) else [*generator, *chain_generators(0, more)]
