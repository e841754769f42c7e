"""Quality of generated images, as figures on the features of two sets: Fréchet distance, kernel distance, precision,
recall, density and coverage.

Every figure belongs to the feature space and to the number of images that it was taken with. In the feature spaces of
`latentdemo.evaluation.features` none of them can be compared with a published FID, which is taken in Inception's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import LatentdemoError

NEIGHBOURS = 5  # k of Naeem et al. 2020
BLOCK = 1000  # rows of a distance matrix held at a time: 40 MB against 5,000 columns
SUBSETS, SUBSET_SIZE = 20, 1000  # of the kernel distance; the size is the one of Bińkowski et al. 2018
ROUNDING = 5e-7  # of float32 features, relative to the largest: the same picture in another batch differs by this much
NEAR_TIE = 1e-10  # share of the largest squared distance by which the product form of one may be wrong, and then some

FeatureRows = Tensor | np.ndarray
"""(N, F) features, one image a row."""


class QualityError(LatentdemoError, ValueError):
    """Features that no quality figure can be taken of."""


class Prdc(NamedTuple):
    """Precision, recall, density and coverage; see `prdc`."""

    precision: float
    recall: float
    density: float
    coverage: float


class Quality(NamedTuple):
    """All figures of one comparison; see `frechet_distance`, `kernel_distance` and `prdc`.

    Attributes:
        frechet_distance: 0 for equal Gaussians; lower is better.
        kernel_distance: 0 in expectation for equal distributions, so that it may be negative; lower is better.
        precision, recall, coverage: from 0 to 1; higher is better.
        density: from 0 up, 1 in expectation for equal distributions; higher is better.
    """

    frechet_distance: float
    kernel_distance: float
    precision: float
    recall: float
    density: float
    coverage: float


def measure_quality(real: FeatureRows, fake: FeatureRows, neighbours: int = NEIGHBOURS) -> Quality:
    """All figures of generated features (N, F) against real ones (N, F).

    Raises:
        QualityError: see `frechet_distance`, `kernel_distance` and `prdc`.
    """
    return Quality(frechet_distance(real, fake), kernel_distance(real, fake), *prdc(real, fake, neighbours))


def frechet_distance(real: FeatureRows, fake: FeatureRows) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features, (N, F) and (M, F).

        FD = |m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)

    with means m, m' and covariances S, S' (Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, who take it in
    Inception features and call it FID). The trace of the root is the sum of the roots of the eigenvalues of a
    symmetric matrix, so that singular covariances (fewer images than features, a feature that never fires) do no harm.
    Estimated covariances bias it upwards, the more the fewer images: compare figures of equal counts only.

    Raises:
        QualityError: fewer than 2 rows, values that are not finite, a set of one picture only, or sets of different
            feature counts.
    """
    first, second = check_features(real, fake, least=2)
    mean, other_mean = first.mean(dim=0), second.mean(dim=0)
    covariance, other_covariance = torch.cov(first.T, correction=1), torch.cov(second.T, correction=1)
    covariance, other_covariance = torch.atleast_2d(covariance), torch.atleast_2d(other_covariance)
    root = symmetric_root(covariance)
    overlap = torch.linalg.eigvalsh(root @ other_covariance @ root).clamp(min=0.0).sqrt().sum()
    distance = (mean - other_mean).square().sum() + covariance.trace() + other_covariance.trace() - 2.0 * overlap
    return max(distance.item(), 0.0)  # rounding may leave a tiny negative number between equal sets


def symmetric_root(matrix: Tensor) -> Tensor:
    """The symmetric root of a positive semidefinite matrix (F, F); eigenvalues that rounding made negative are 0."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0.0).sqrt()) @ vectors.T


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
        return squared_mmd(first, second)  # every subset would be the whole again
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


def prdc(real: FeatureRows, fake: FeatureRows, neighbours: int = NEIGHBOURS) -> Prdc:
    """Precision, recall, density and coverage of generated features (N, F) against as many real ones (N, F).

    Let B(x) be the open ball around x that reaches to the k-th nearest other point of x's own set. Then

        precision = share of fake points that lie in B(r) of at least one real r
        recall    = share of real points that lie in B(f) of at least one fake f
        density   = mean over fake points of (number of real r whose B(r) holds it) / k
        coverage  = share of real r whose B(r) holds at least one fake point

    Precision and recall: Kynkäänniemi et al. 2019, arXiv 1904.06991. Density and coverage: Naeem et al. 2020, arXiv
    2002.09797; definitions as in their package `prdc`. Density and coverage are the ones that outliers mislead less.
    Distances are taken block by block, in float64, and the ones that a ball's edge could run through are exact, so that
    a set against itself comes out as the definitions say.

    Args:
        real, fake: features, equally many rows a side, since every figure depends on both counts.
        neighbours: k.

    Raises:
        QualityError: different numbers of rows, no more rows than neighbours, values that are not finite, or a set of
            one picture only.
    """
    if neighbours < 1:
        raise QualityError(f"neighbours is {neighbours}; it must be at least 1")
    real_rows, fake_rows = check_features(real, fake, least=neighbours + 1)
    if len(real_rows) != len(fake_rows):
        raise QualityError(
            f"{len(real_rows)} real and {len(fake_rows)} generated images: take equal numbers, "
            "the figures depend on both"
        )
    centre = real_rows.mean(dim=0)  # distances do not change, their rounding shrinks
    real_rows, fake_rows = real_rows - centre, fake_rows - centre
    real_radius, fake_radius = squared_radii(real_rows, neighbours), squared_radii(fake_rows, neighbours)
    balls_around_fake = torch.zeros(len(fake_rows), dtype=torch.long)  # real balls that hold each fake point
    recalled, covered = [], []
    for start in range(0, len(real_rows), BLOCK):
        block, radius = real_rows[start : start + BLOCK], real_radius[start : start + BLOCK, None]
        distances = squared_distances(block, fake_rows)
        settle_near_ties(distances, radius, block, fake_rows)
        settle_near_ties(distances, fake_radius, block, fake_rows)
        in_real_ball = distances < radius
        balls_around_fake += in_real_ball.sum(dim=0)
        covered.append(in_real_ball.any(dim=1))
        recalled.append((distances < fake_radius).any(dim=1))
    return Prdc(
        precision=(balls_around_fake > 0).double().mean().item(),
        recall=torch.cat(recalled).double().mean().item(),
        density=balls_around_fake.double().mean().item() / neighbours,
        coverage=torch.cat(covered).double().mean().item(),
    )


def squared_radii(rows: Tensor, neighbours: int) -> Tensor:
    """Squared distance from each row (N, F) to its k-th nearest other row, (N,), exact."""
    found = []
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        distances = squared_distances(block, rows)
        distances.diagonal(start).fill_(torch.inf)  # each row is its own nearest
        nearest = distances.topk(neighbours, dim=1, largest=False).indices
        found.append((block[:, None] - rows[nearest]).square().sum(dim=-1).amax(dim=1))
    return torch.cat(found)


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """Squared Euclidean distances (N, M) of all pairs of rows as |x|^2 + |y|^2 - 2 x.y: quick, and slightly wrong."""
    squares = torch.addmm(second.square().sum(dim=1), first, second.T, alpha=-2.0)
    return squares.add_(first.square().sum(dim=1, keepdim=True))


def settle_near_ties(distances: Tensor, bounds: Tensor, first: Tensor, second: Tensor) -> None:
    """Make those squared distances exact, in place, that rounding might carry over a bound."""
    near = (distances - bounds).abs_() <= NEAR_TIE * distances.max()
    for pairs in near.nonzero().split(BLOCK * 100):  # in parts: sets of few different pictures are full of ties
        rows, columns = pairs.T
        distances[rows, columns] = (first[rows] - second[columns]).square().sum(dim=-1)


def check_features(real: FeatureRows, fake: FeatureRows, least: int) -> tuple[Tensor, Tensor]:
    """Both sets as float64 on the CPU, after everything that a caller can get wrong was looked at."""
    sides = check_rows(real, "real features", least), check_rows(fake, "generated features", least)
    if sides[0].shape[1] != sides[1].shape[1]:
        raise QualityError(
            f"{sides[0].shape[1]} real against {sides[1].shape[1]} generated features: take both from one feature space"
        )
    for name, side in zip(("real", "generated"), sides, strict=True):
        if (side - side[0]).abs().max() <= ROUNDING * side.abs().max():
            raise QualityError(
                f"the {name} features are the same in all {len(side)} rows, as if of one picture: "
                "no figure can be taken of a set without variety; look at its images and take a set of different ones"
            )
    return sides


def check_rows(rows: FeatureRows, name: str, least: int) -> Tensor:
    """One set as float64 on the CPU.

    Raises:
        QualityError: not two-dimensional, fewer rows than `least`, or values that are not finite.
    """
    side = torch.as_tensor(rows).detach().cpu().double()
    if side.dim() != 2 or len(side) < least:
        raise QualityError(f"the {name} have shape {tuple(side.shape)}; take (N, F), N at least {least}")
    if not torch.isfinite(side).all():
        raise QualityError(f"the {name} hold values that are not finite; look at their images")
    return side
