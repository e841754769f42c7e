"""The Fréchet distance against its closed form, a matrix root, and torchmetrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance

from latentdemo.evaluation import QualityError, frechet_distance, frechet_distance_jackknife
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


def test_the_jackknife_finds_the_true_distance_where_the_plain_one_is_far_off() -> None:
    scales, mean = np.linspace(0.5, 1.5, 32), 0.1
    truth = 32 * mean**2 + ((scales - 1.0) ** 2).sum()
    draws = np.random.default_rng(0).standard_normal((40, 2, 500, 32))
    sets = [(real, mean + scales * fake) for real, fake in draws]
    found = np.array([frechet_distance_jackknife(*pair) for pair in sets])
    plain = np.array([frechet_distance(*pair) for pair in sets])
    assert abs(found.mean() - truth) < 3 * found.std(ddof=1) / np.sqrt(40)
    assert plain.mean() - truth > 20 * plain.std(ddof=1) / np.sqrt(40)


def test_the_jackknife_is_nothing_on_average_between_sets_of_one_distribution() -> None:
    draws = np.random.default_rng(0).standard_normal((100, 700, 6))
    found = np.array([frechet_distance_jackknife(rows[:400], rows[400:]) for rows in draws])
    assert abs(found.mean()) < 3 * found.std(ddof=1) / 10
    assert found.min() < 0.0


@pytest.mark.parametrize("counts", [(40, 60), (41, 53)])
def test_the_jackknife_is_twice_the_whole_less_the_mean_of_the_halves(counts: tuple[int, int]) -> None:
    real, fake = sample(counts[0]) + 1e3, sample(counts[1], 0.5, 2.0) + 1e3
    parts = zip(np.array_split(real, 2), np.array_split(fake, 2), strict=True)
    halves = np.mean([frechet_distance(*pair) for pair in parts])
    assert frechet_distance_jackknife(real, fake) == pytest.approx(2 * frechet_distance(real, fake) - halves)


def test_the_jackknife_needs_two_rows_a_half() -> None:
    with pytest.raises(QualityError, match="at least 4"):
        frechet_distance_jackknife(sample(3), sample(9))
    assert np.isfinite(frechet_distance_jackknife(sample(4), sample(4)))
