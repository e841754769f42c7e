"""Fréchet distance: how far two sets of images are apart, as Gaussians in a feature space. It rises with too few
images, and sees means and covariances alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.evaluation.metrics.rows import FeatureRows, check_features


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
    return max(distance.item(), 0.0)  # Rounding may leave a tiny negative number between equal sets.


def symmetric_root(matrix: Tensor) -> Tensor:
    """The symmetric root of a positive semidefinite matrix (F, F); eigenvalues that rounding made negative are 0."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0.0).sqrt()) @ vectors.T
