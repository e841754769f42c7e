"""The Fréchet distance against its closed form, a matrix root, and torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance

from latentdemo.evaluation import frechet_distance
from tests.evaluation.metrics.samples import GENERATOR, SHIFTED, PixelFeatures, by_torchmetrics, sample


def test_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    count, size, mean, scale = 100_000, 4, 0.7, 1.8
    expected = size * (mean**2 + (scale - 1.0) ** 2)
    measured = frechet_distance(sample(count, size=size), sample(count, mean, scale, size))
    assert measured == pytest.approx(expected, rel=0.02)


def test_frechet_distance_with_correlated_features_matches_a_matrix_root() -> None:
    first, second = sample(400) @ GENERATOR.random((6, 6)), sample(500) @ GENERATOR.random((6, 6)) + 0.3
    covariances = np.cov(first.T), np.cov(second.T)
    root = sqrtm(covariances[0] @ covariances[1]).real
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_is_nothing_between_equal_sets_and_survives_dead_features() -> None:
    rows = sample(5, size=20)
    rows[:, 3] = 0.0
    assert frechet_distance(rows, rows) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("mean", "scale"), SHIFTED)
def test_frechet_distance_agrees_with_torchmetrics(mean: float, scale: float) -> None:
    real, fake = sample(400, size=24), sample(300, mean, scale, size=24)
    theirs = by_torchmetrics(FrechetInceptionDistance(PixelFeatures()).set_dtype(torch.float64), real, fake)
    assert frechet_distance(real, fake) == pytest.approx(float(theirs), rel=1e-3)
