import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from latentdemo.evaluation import QualityError, frechet_distance, prdc

GENERATOR = np.random.default_rng(0)


def sample(count: int, mean: float = 0.0, scale: float = 1.0, size: int = 6) -> np.ndarray:
    return mean + scale * GENERATOR.standard_normal((count, size))


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


def brute_force(real: np.ndarray, fake: np.ndarray, k: int) -> list[float]:
    """The four definitions, point by point."""

    def radius(rows: np.ndarray, index: int) -> float:
        return sorted(np.linalg.norm(rows - rows[index], axis=1))[k]

    in_real = [[np.linalg.norm(f - r) < radius(real, i) for i, r in enumerate(real)] for f in fake]
    in_fake = [[np.linalg.norm(f - r) < radius(fake, i) for i, f in enumerate(fake)] for r in real]
    return [
        np.mean([any(row) for row in in_real]),
        np.mean([any(row) for row in in_fake]),
        np.mean([sum(row) / k for row in in_real]),
        np.mean(np.any(in_real, axis=0)),
    ]


@pytest.mark.parametrize(("mean", "scale"), [(0.0, 1.0), (1.0, 0.5), (0.0, 2.0)])
def test_precision_recall_density_coverage_by_brute_force(mean: float, scale: float) -> None:
    real, fake = sample(60, size=2), sample(60, mean, scale, size=2)
    assert list(prdc(real, fake, 3)) == pytest.approx(brute_force(real, fake, 3))


def test_a_collapsed_sampler_is_precise_without_coverage() -> None:
    real = sample(500, size=2)
    collapsed = prdc(real, 0.01 * sample(500, size=2))
    assert collapsed.precision == 1.0
    assert collapsed.coverage < 0.2
    assert collapsed.recall < 0.05


@pytest.mark.parametrize(
    ("real", "fake", "words"),
    [
        (sample(5), sample(5), "at least 6"),
        (sample(20), sample(21), "equal numbers"),
        (sample(20), sample(20, size=3), "one feature space"),
        (sample(20), np.full((20, 6), np.nan), "not finite"),
    ],
)
def test_what_cannot_be_measured_is_named(real: np.ndarray, fake: np.ndarray, words: str) -> None:
    with pytest.raises(QualityError, match=words):
        prdc(real, fake)


def test_tensors_and_arrays_are_the_same() -> None:
    real, fake = sample(30), sample(30)
    assert prdc(torch.from_numpy(real), torch.from_numpy(fake)) == prdc(real, fake)
