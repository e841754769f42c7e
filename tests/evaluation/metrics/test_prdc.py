"""Precision, recall, density and coverage against their definitions, point by point, and their authors' package."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import prdc as naver
import pytest
import sklearn.metrics
import torch

from latentdemo.evaluation import QualityError, prdc
from tests.evaluation.metrics.samples import GENERATOR, SHIFTED, sample


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


@pytest.mark.parametrize(("mean", "scale"), SHIFTED)
def test_precision_recall_density_coverage_agree_with_their_authors_package(mean: float, scale: float) -> None:
    real, fake = sample(300, size=24), sample(300, mean, scale, size=24)
    serial = lambda x, y, metric, n_jobs: sklearn.metrics.pairwise_distances(x, y, metric=metric)  # noqa: E731
    with patch("prdc.prdc.compute_pairwise_distance", lambda x, y=None: serial(x, x if y is None else y, "l2", 1)):
        theirs = naver.compute_prdc(real, fake, nearest_k=5)
    assert prdc(real, fake)._asdict() == pytest.approx(theirs, rel=1e-3)


def test_points_far_from_the_origin_and_repeated_points_are_measured_exactly() -> None:
    integers = GENERATOR.integers(0, 4, (200, 3)).astype(float)  # full of ties and repetitions
    real, fake = integers[:100], integers[100:]
    expected = pytest.approx(brute_force(real, fake, 5))
    assert list(prdc(real, fake)) == expected
    assert list(prdc(real + 1e6, fake + 1e6)) == expected
    rows = sample(50)
    assert prdc(rows, rows[::-1].copy()) == (1.0, 1.0, 1.0, 1.0)
