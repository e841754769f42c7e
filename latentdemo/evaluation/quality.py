"""Quality of generated images, as figures on the features of two sets: Fréchet distance, precision, recall, density
and coverage.

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
    """All figures of one comparison; see `frechet_distance` and `prdc`.

    Attributes:
        frechet_distance: 0 for equal Gaussians; lower is better.
        precision, recall, coverage: from 0 to 1; higher is better.
        density: from 0 up, 1 in expectation for equal distributions; higher is better.
    """

    frechet_distance: float
    precision: float
    recall: float
    density: float
    coverage: float


def measure_quality(real: FeatureRows, fake: FeatureRows, neighbours: int = NEIGHBOURS) -> Quality:
    """All figures of generated features (N, F) against real ones (N, F).

    Raises:
        QualityError: see `frechet_distance` and `prdc`.
    """
    return Quality(frechet_distance(real, fake), *prdc(real, fake, neighbours))


def frechet_distance(real: FeatureRows, fake: FeatureRows) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features, (N, F) and (M, F).

        FD = |m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)

    with means m, m' and covariances S, S' (Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, who take it in
    Inception features and call it FID). The trace of the root is the sum of the roots of the eigenvalues of a
    symmetric matrix, so that singular covariances (fewer images than features, a feature that never fires) do no harm.
    Estimated covariances bias it upwards, the more the fewer images: compare figures of equal counts only.

    Raises:
        QualityError: fewer than 2 rows, values that are not finite, or sets of different feature counts.
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


def prdc(real: FeatureRows, fake: FeatureRows, neighbours: int = NEIGHBOURS) -> Prdc:
    """Precision, recall, density and coverage of generated features (N, F) against as many real ones (N, F).

    Let B(x) be the open ball around x that reaches to the k-th nearest other point of x's own set. Then

        precision = share of fake points that lie in B(r) of at least one real r
        recall    = share of real points that lie in B(f) of at least one fake f
        density   = mean over fake points of (number of real r whose B(r) holds it) / k
        coverage  = share of real r whose B(r) holds at least one fake point

    Precision and recall: Kynkäänniemi et al. 2019, arXiv 1904.06991. Density and coverage: Naeem et al. 2020, arXiv
    2002.09797; definitions as in their package `prdc`. Density and coverage are the ones that outliers mislead less.
    Distances are taken block by block, in float64.

    Args:
        real, fake: features, equally many rows a side, since every figure depends on both counts.
        neighbours: k.

    Raises:
        QualityError: different numbers of rows, no more rows than neighbours, or values that are not finite.
    """
    if neighbours < 1:
        raise QualityError(f"neighbours is {neighbours}; it must be at least 1")
    real_rows, fake_rows = check_features(real, fake, least=neighbours + 1)
    if len(real_rows) != len(fake_rows):
        raise QualityError(
            f"{len(real_rows)} real and {len(fake_rows)} generated images: take equal numbers, "
            "the figures depend on both"
        )
    real_radius, fake_radius = radii(real_rows, neighbours), radii(fake_rows, neighbours)
    balls_around_fake = torch.zeros(len(fake_rows), dtype=torch.long)  # real balls that hold each fake point
    recalled, covered = [], []
    for start in range(0, len(real_rows), BLOCK):
        distances = torch.cdist(real_rows[start : start + BLOCK], fake_rows)
        in_real_ball = distances < real_radius[start : start + BLOCK, None]
        balls_around_fake += in_real_ball.sum(dim=0)
        covered.append(in_real_ball.any(dim=1))
        recalled.append((distances < fake_radius).any(dim=1))
    return Prdc(
        precision=(balls_around_fake > 0).double().mean().item(),
        recall=torch.cat(recalled).double().mean().item(),
        density=balls_around_fake.double().mean().item() / neighbours,
        coverage=torch.cat(covered).double().mean().item(),
    )


def radii(rows: Tensor, neighbours: int) -> Tensor:
    """Distance from each row (N, F) to its k-th nearest other row, (N,)."""
    nearest = []
    for start in range(0, len(rows), BLOCK):
        distances = torch.cdist(rows[start : start + BLOCK], rows)
        nearest.append(distances.kthvalue(neighbours + 1, dim=1).values)  # one more: each row is its own nearest
    return torch.cat(nearest)


def check_features(real: FeatureRows, fake: FeatureRows, least: int) -> tuple[Tensor, Tensor]:
    """Both sets as float64 on the CPU, after everything that a caller can get wrong was looked at."""
    sides = []
    for name, rows in (("real", real), ("generated", fake)):
        side = torch.as_tensor(rows).detach().cpu().double()
        if side.dim() != 2 or len(side) < least:
            raise QualityError(f"the {name} features have shape {tuple(side.shape)}; take (N, F), N at least {least}")
        if not torch.isfinite(side).all():
            raise QualityError(f"the {name} features hold values that are not finite; look at their images")
        sides.append(side)
    if sides[0].shape[1] != sides[1].shape[1]:
        raise QualityError(
            f"{sides[0].shape[1]} real against {sides[1].shape[1]} generated features: take both from one feature space"
        )
    return sides[0], sides[1]
