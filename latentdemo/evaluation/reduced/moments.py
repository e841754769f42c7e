"""Mean and covariance of rows that are never all at hand: taken batch by batch, and joined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple, Self

import torch
from torch import Tensor


class Moments(NamedTuple):
    """Number, mean and scatter of rows, in float64 on the CPU.

    Attributes:
        size: number of rows, N.
        mean: (F,).
        scatter: sum over rows of (x - mean) (x - mean)^T, (F, F).
    """

    size: int
    mean: Tensor
    scatter: Tensor

    @classmethod
    def of(cls, rows: Tensor) -> Self:
        """Of rows (N, F), which may be none."""
        exact = rows.detach().to("cpu", torch.float64)
        mean = exact.mean(dim=0) if len(exact) else exact.sum(dim=0)
        centred = exact - mean
        return cls(len(exact), mean, centred.T @ centred)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Of the rows of all parts together, in any order of the parts but for rounding."""
        return reduce(cls.joined, parts)

    def joined(self, other: Self) -> Self:
        """Of both sets of rows together, without another pass over them.

            mean'    = mean + M / (N + M) d,    d = the other's mean - mean
            scatter' = scatter + the other's + N M / (N + M) d d^T

        (Chan, Golub & LeVeque 1979, Stanford STAN-CS-79-773; 1983, The American Statistician 37, 242.) Sums of squares
        would lose the digits that a large mean takes; this loses none.
        """
        size = self.size + other.size
        share = other.size / max(size, 1)
        shift = other.mean - self.mean
        scatter = self.scatter + other.scatter + self.size * share * torch.outer(shift, shift)
        return type(self)(size, self.mean + share * shift, scatter)

    @property
    def covariance(self) -> Tensor:
        """The unbiased covariance (F, F), of 2 rows at least."""
        return self.scatter / (self.size - 1)
