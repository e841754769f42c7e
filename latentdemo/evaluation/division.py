"""Which images each repetition of an evaluation compares with: disjoint sets as far as there are images for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SEED = 0  # Of the order that images are dealt out in: the same for every model of a data set.


class Division(NamedTuple):
    """Rows of images for each repetition, in random order.

    Attributes:
        rows: a set for each repetition.
        overlap: what `Interval` needs to know: 0 for disjoint sets, else f / (1 - f) for sets of a share f of all.
    """

    rows: list[np.ndarray]
    overlap: float


def divide(total: int, count: int, seeds: Sequence[int]) -> Division:
    """Sets of `count` out of `total` rows, one a seed: disjoint if there are enough, else each drawn by its seed.

    A single set of all rows has no overlap to speak of, for it has no interval either.
    """
    if count * len(seeds) <= total:
        order = np.random.default_rng(SEED).permutation(total)
        return Division(np.split(order[: count * len(seeds)], len(seeds)), 0.0)
    share = min(count / total, 1.0 - 1.0 / total)
    rows = [np.random.default_rng((SEED, seed)).permutation(total)[:count] for seed in seeds]
    return Division(rows, share / (1.0 - share))
