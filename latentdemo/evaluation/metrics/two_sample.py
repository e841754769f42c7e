"""Whether two sets of points come from one distribution: energy distance and its permutation test.

Between latents of a chain and encodings of real data it says what R-hat cannot: that the chain has mixed to the
learned latent distribution, and not to some other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentdemo.evaluation.metrics.rows import BLOCK, FeatureRows, QualityError, check_rows

TIE = 1e-12  # In mean distances: sums over the same points in another order differ by so much.


class TwoSample(NamedTuple):
    """What `energy_test` finds.

    Attributes:
        distance: energy distance; 0 in expectation for equal distributions.
        p_value: share of random splits of all points that are at least as far apart.
    """

    distance: float
    p_value: float


def energy_distance(x: FeatureRows, y: FeatureRows) -> float:
    """Energy distance between two sets of points, (N, D) and (M, D), in the unit of the points.

        2 E|x - y| - E|x - x'| - E|y - y'|,    x != x', y != y'

    (Székely & Rizzo 2013, doi 10.1016/j.jspi.2013.03.018.) This is the U-statistic, which leaves out the distance of a
    point to itself: 0 in expectation for equal distributions at every count, so that it may be negative. The
    V-statistic of their paper keeps it, and exceeds this by E|x - x'| / N + E|y - y'| / M. It is not squared, and no
    root is taken.

    Raises:
        QualityError: fewer than 2 points a side, values that are not finite, or points of different sizes.
    """
    points, count = pooled(x, y)
    return distances_of_splits(points, observed_split(count, len(points))).item()


def energy_test(x: FeatureRows, y: FeatureRows, permutations: int = 200, seed: int = 0) -> TwoSample:
    """Permutation test of whether two sets of points, (N, D) and (M, D), come from one distribution.

    The points are pooled and split at random into sets of N and M; p = (1 + splits whose energy distance is at least
    the observed) / (1 + permutations), so that its least value is 1 / (1 + permutations). It supposes independent
    points: steps of one chain are not, so take one step of many chains.

    Args:
        x, y: points.
        permutations: random splits.
        seed: fixes the splits.

    Raises:
        QualityError: no permutation, or as `energy_distance`.
    """
    if permutations < 1:
        raise QualityError(f"permutations is {permutations}; take at least 1, and 99 for a p-value of 0.01")
    points, count = pooled(x, y)
    order = torch.from_numpy(np.random.default_rng(seed).random((permutations, len(points)))).argsort(dim=1)
    splits = (order < count).double().T
    distances = distances_of_splits(points, torch.cat([observed_split(count, len(points)), splits], dim=1))
    observed = distances[0]
    slack = TIE * (points - points.mean(dim=0)).norm(dim=1).mean()
    as_far = int((distances[1:] >= observed - slack).sum())
    return TwoSample(observed.item(), (1 + as_far) / (1 + permutations))


def pooled(x: FeatureRows, y: FeatureRows) -> tuple[Tensor, int]:
    """All points (N + M, D), those of `x` first, and N; centred, which changes no distance and lessens rounding."""
    first, second = check_rows(x, "first points", least=2), check_rows(y, "second points", least=2)
    if first.shape[1] != second.shape[1]:
        raise QualityError(f"points of {first.shape[1]} against {second.shape[1]} numbers: take both from one space")
    points = torch.cat([first, second])
    return points - points.mean(dim=0), len(first)


def observed_split(count: int, total: int) -> Tensor:
    """The split as given: 1 for the first `count` points, 0 for the others, (total, 1)."""
    return (torch.arange(total, device="cpu") < count).double()[:, None]


def distances_of_splits(points: Tensor, splits: Tensor) -> Tensor:
    """Energy distance between the two sides of each of P splits, (P,).

    Every distance is taken once. With D the matrix of distances and u a split, u^T D u sums over pairs within its
    first side, u^T D 1 - u^T D u over pairs between the sides, and the rest of 1^T D 1 over pairs within the second.

    Args:
        points: (n, D).
        splits: (n, P), 1 for a point on the first side, 0 for one on the second, the same number in each.
    """
    within_first, rows_of_first = torch.zeros(2, splits.shape[1], dtype=torch.double, device=points.device)
    everything = torch.zeros((), dtype=torch.double, device=points.device)
    for start in range(0, len(points), BLOCK):
        block = slice(start, start + BLOCK)
        distances = torch.cdist(points[block], points)
        distances.diagonal(start).fill_(0.0)
        sums = distances.sum(dim=1)
        within_first += (splits[block] * (distances @ splits)).sum(dim=0)
        rows_of_first += sums @ splits[block]
        everything += sums.sum()
    between = rows_of_first - within_first
    within_second = everything - within_first - 2.0 * between
    n = splits[:, 0].sum()
    m = len(points) - n
    return 2.0 * between / (n * m) - within_first / (n * (n - 1)) - within_second / (m * (m - 1))
