from unittest.mock import patch

import numpy as np
import prdc as naver
import pytest
import sklearn.metrics
import torch
from scipy.linalg import sqrtm
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from latentdemo.evaluation import QualityError, frechet_distance, measure_quality, prdc
from latentdemo.evaluation.metrics.quality import kernel_distance

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


class PixelFeatures(torch.nn.Module):
    """A feature space for torchmetrics: the pixels themselves."""

    num_features = 24

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)


def by_torchmetrics(metric: torch.nn.Module, real: np.ndarray, fake: np.ndarray) -> torch.Tensor | tuple:
    for rows, is_real in ((real, True), (fake, False)):
        metric.update(torch.from_numpy(rows).reshape(-1, 1, 4, 6), real=is_real)
    return metric.compute()


SHIFTED = [(0.1, 1.0), (1.0, 0.5), (0.0, 2.0)]


@pytest.mark.parametrize(("mean", "scale"), SHIFTED)
def test_frechet_distance_agrees_with_torchmetrics(mean: float, scale: float) -> None:
    real, fake = sample(400, size=24), sample(300, mean, scale, size=24)
    theirs = by_torchmetrics(FrechetInceptionDistance(PixelFeatures()).set_dtype(torch.float64), real, fake)
    assert frechet_distance(real, fake) == pytest.approx(float(theirs), rel=1e-3)


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")
@pytest.mark.parametrize(("mean", "scale"), SHIFTED)
def test_kernel_distance_agrees_with_torchmetrics(mean: float, scale: float) -> None:
    real, fake = sample(300, size=24), sample(300, mean, scale, size=24)
    theirs, _ = by_torchmetrics(KernelInceptionDistance(PixelFeatures(), subsets=1, subset_size=300), real, fake)
    assert kernel_distance(real, fake) == pytest.approx(float(theirs), rel=1e-3)


@pytest.mark.parametrize(("mean", "scale"), SHIFTED)
def test_precision_recall_density_coverage_agree_with_their_authors_package(mean: float, scale: float) -> None:
    real, fake = sample(300, size=24), sample(300, mean, scale, size=24)
    serial = lambda x, y, metric, n_jobs: sklearn.metrics.pairwise_distances(x, y, metric=metric)  # noqa: E731
    with patch("prdc.prdc.compute_pairwise_distance", lambda x, y=None: serial(x, x if y is None else y, "l2", 1)):
        theirs = naver.compute_prdc(real, fake, nearest_k=5)
    assert prdc(real, fake)._asdict() == pytest.approx(theirs, rel=1e-3)


def test_the_kernel_distance_is_unbiased_and_its_subsets_scatter_around_the_whole() -> None:
    equal = [kernel_distance(sample(40), sample(40)) for _ in range(400)]
    assert abs(np.mean(equal)) < 4 * np.std(equal) / np.sqrt(400)
    assert min(equal) < 0.0
    real, fake = sample(600), sample(500, 0.8)
    in_subsets = kernel_distance(real, fake, subsets=50, subset_size=200)
    assert in_subsets == pytest.approx(kernel_distance(real[:500], fake), rel=0.1)
    assert in_subsets == kernel_distance(real, fake, subsets=50, subset_size=200)
    assert in_subsets != kernel_distance(real, fake, subsets=50, subset_size=200, seed=1)


def test_all_figures_come_under_their_own_names() -> None:
    real, fake = sample(100), sample(100, 0.5)
    figures = measure_quality(real, fake)
    assert list(figures._fields) == [
        "frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage",
    ]  # fmt: skip
    assert figures.kernel_distance == kernel_distance(real, fake)
    assert tuple(figures)[2:] == tuple(prdc(real, fake))


@pytest.mark.parametrize("figure", [frechet_distance, kernel_distance, prdc])
def test_one_picture_over_and_over_cannot_be_measured(figure) -> None:
    picture = np.repeat(sample(1).astype(np.float32), 20, axis=0)
    almost = picture * (1 + 1e-7 * GENERATOR.integers(-1, 2, picture.shape)).astype(np.float32)
    for same in (picture, almost, np.zeros((20, 6))):
        with pytest.raises(QualityError, match=r"generated features are the same .* take a set of different ones"):
            figure(sample(20), same)
        with pytest.raises(QualityError, match="real features are the same"):
            figure(same, sample(20))


def test_points_far_from_the_origin_and_repeated_points_are_measured_exactly() -> None:
    integers = GENERATOR.integers(0, 4, (200, 3)).astype(float)  # full of ties and repetitions
    real, fake = integers[:100], integers[100:]
    expected = pytest.approx(brute_force(real, fake, 5))
    assert list(prdc(real, fake)) == expected
    assert list(prdc(real + 1e6, fake + 1e6)) == expected
    rows = sample(50)
    assert prdc(rows, rows[::-1].copy()) == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(("subsets", "subset_size"), [(0, 10), (1, 1)])
def test_no_subset_is_refused(subsets: int, subset_size: int) -> None:
    with pytest.raises(QualityError, match="1 subset of 2 rows at least"):
        kernel_distance(sample(20), sample(20), subsets, subset_size)
