"""Kernel distance: how far two sets of images are apart, in all moments that a cubic kernel sees. It is unbiased at
every number of images, and scatters more than the Fréchet distance.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from latentdemo.evaluation.metrics.rows import FeatureRows, QualityError, check_features

SUBSETS, SUBSET_SIZE = 20, 1000  # The size is that of Bińkowski et al. 2018.


def kernel_distance(
    real: FeatureRows, fake: FeatureRows, subsets: int = SUBSETS, subset_size: int = SUBSET_SIZE, seed: int = 0
) -> float:
    """Kernel distance between two sets of features, (N, F) and (M, F): the squared maximum mean discrepancy

        MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y),    k(x, y) = (x.y / F + 1)^3,    x != x', y != y'

    averaged over random subsets (Bińkowski et al. 2018, arXiv 1801.01401, who take it in Inception features and call
    it KID). The estimate is unbiased at every count, unlike the Fréchet distance, and may be negative.

    Args:
        real, fake: features.
        subsets: how many pairs of subsets.
        subset_size: rows a side in each; smaller sets are taken whole.
        seed: fixes the subsets.

    Raises:
        QualityError: no subset, subsets or sets of fewer than 2 rows, values that are not finite, a set of one picture
            only, or sets of different feature counts.
    """
    if subsets < 1 or subset_size < 2:
        raise QualityError(f"{subsets} subsets of {subset_size} rows; take 1 subset of 2 rows at least")
    first, second = check_features(real, fake, least=2)
    size = min(subset_size, len(first), len(second))
    if size == len(first) == len(second):
        return squared_mmd(first, second)  # Every subset would be the whole again.
    generator = np.random.default_rng(seed)
    values = [
        squared_mmd(*(side[generator.permutation(len(side))[:size]] for side in (first, second)))
        for _ in range(subsets)
    ]
    return float(np.mean(values))


def squared_mmd(first: Tensor, second: Tensor) -> float:
    """The unbiased estimate in `kernel_distance` from all rows (N, F) of both sets, N the same."""
    count = len(first)
    within = sum(cubic_kernel(rows, rows).fill_diagonal_(0.0).sum().item() for rows in (first, second))
    return within / (count * (count - 1)) - 2.0 * cubic_kernel(first, second).mean().item()


def cubic_kernel(first: Tensor, second: Tensor) -> Tensor:
    """k(x, y) of `kernel_distance` for all pairs, (N, M)."""
    return (first @ second.T / first.shape[1] + 1.0) ** 3
