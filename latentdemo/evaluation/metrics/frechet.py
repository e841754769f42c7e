"""Fréchet distance: how far two sets of images are apart, as Gaussians in a feature space. It rises with too few
images, unless the half-sample jackknife takes that off, and sees means and covariances alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.evaluation.metrics.rows import FeatureRows, QualityError, check_features
from latentdemo.evaluation.reduced.moments import Moments

Halves = tuple[Moments, Moments]
"""Moments of the features of the first half of a set in random order, and of the second."""


def frechet_distance(real: FeatureRows, fake: FeatureRows) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features, (N, F) and (M, F).

        FD = |m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)

    with means m, m' and covariances S, S' (Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, who take it in
    Inception features and call it FID). The trace of the root is the sum of the roots of the eigenvalues of a
    symmetric matrix, so that singular covariances (fewer images than features, a feature that never fires) do no harm.
    Estimated covariances bias it upwards, the more the fewer images: compare figures of equal counts only, or take
    `frechet_distance_jackknife`.

    Raises:
        QualityError: fewer than 2 rows, values that are not finite, a set of one picture only, or sets of different
            feature counts.
    """
    first, second = check_features(real, fake, least=2)
    # Rounding may leave a tiny negative number between equal sets.
    return max(distance_of_gaussians(Moments.of(first), Moments.of(second)), 0.0)


def frechet_distance_jackknife(real: FeatureRows, fake: FeatureRows) -> float:
    """Fréchet distance without its bias of order 1/n, between two sets of features, (N, F) and (M, F).

        2 FD(real, fake) - 1/2 (FD(first halves) + FD(second halves))

    What few images add to the distance is a / N + b / M and terms of higher order (Chong & Forsyth 2020, arXiv
    1911.07023, who fit a line through several counts). Halves have twice as much of it, so that the difference has none
    (the half-sample jackknife: Quenouille 1949, J. R. Stat. Soc. B 11, 68; 1956, Biometrika 43, 353).

    What is left is of order 1/n^2, and small where each half has several times as many rows as there are features that
    vary; with fewer it still leans upwards. It scatters somewhat more than the plain distance, and may be slightly
    negative between sets of one distribution. Rows are halved as they come and must lie in random order: sets sorted by
    class are two different sets by halves.

    Raises:
        QualityError: fewer than 4 rows, or as `frechet_distance`.
    """
    return jackknife_of_halves(*(halves_of(side) for side in check_features(real, fake, least=4)))


def halves_of(rows: Tensor) -> Halves:
    """The halves of rows (N, F); the first has one more where N is odd."""
    first, second = rows.tensor_split(2)
    return Moments.of(first), Moments.of(second)


def jackknife_of_halves(real: Halves, fake: Halves) -> float:
    """`frechet_distance_jackknife` of two sets that are known by their moments alone, 2 rows in each half at least.

    The sets need not be equally large: each brings its own share of what few images add, and loses it.

    Raises:
        QualityError: values that are not finite.
    """
    if not all(each.scatter.isfinite().all() for each in (*real, *fake)):
        raise QualityError("the features hold values that are not finite; look at their images")
    whole = distance_of_gaussians(Moments.join(real), Moments.join(fake))
    parts = [distance_of_gaussians(*pair) for pair in zip(real, fake, strict=True)]
    return 2.0 * whole - sum(parts) / len(parts)


def distance_of_gaussians(first: Moments, second: Moments) -> float:
    """The distance in `frechet_distance`; rounding may make it slightly negative."""
    spread, other = first.covariance, second.covariance
    root = symmetric_root(spread)
    overlap = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0.0).sqrt().sum()
    traces = spread.trace() + other.trace()
    return ((first.mean - second.mean).square().sum() + traces - 2.0 * overlap).item()


def symmetric_root(matrix: Tensor) -> Tensor:
    """The symmetric root of a positive semidefinite matrix (F, F); eigenvalues that rounding made negative are 0."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0.0).sqrt()) @ vectors.T
