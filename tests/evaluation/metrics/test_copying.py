"""The data-copying test where the truth is known, its U against scipy's, and pairs against a brute force."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from latentdemo.evaluation.metrics.copying import (
    CELLS,
    CopyingTest,
    closest_pairs,
    data_copying,
    mann_whitney_z,
)
from latentdemo.evaluation.metrics.pictures import nearest_distance
from latentdemo.evaluation.metrics.rows import QualityError

GENERATOR = np.random.default_rng(0)


def clusters(count: int, size: int = 6) -> np.ndarray:
    """Four round clusters."""
    return 4.0 * GENERATOR.integers(0, 2, (count, 2)) @ np.eye(2, size) + GENERATOR.standard_normal((count, size))


@pytest.fixture(scope="module")
def training() -> np.ndarray:
    return clusters(2000)


@pytest.fixture(scope="module")
def copying(training: np.ndarray) -> CopyingTest:
    return CopyingTest(training, clusters(1000))


def test_samples_of_the_same_law_are_near_zero_with_the_spread_of_a_mean_over_cells(training: np.ndarray) -> None:
    scores = [data_copying(training, clusters(500), clusters(500), seed).c_t for seed in range(60)]
    assert np.abs(scores).max() < 3
    assert abs(np.mean(scores)) < 3 * np.std(scores) / np.sqrt(60)
    assert np.std(scores) == pytest.approx(1 / np.sqrt(CELLS), rel=0.35)


def test_copies_are_far_below_zero_and_so_are_samples_that_are_mostly_new(
    copying: CopyingTest, training: np.ndarray
) -> None:
    assert copying.of(training[:1000]).c_t < -10
    mixed = np.concatenate([training[:300], clusters(700)])
    assert copying.of(mixed).c_t < -3
    assert copying.of(training[:1000] + 0.01 * GENERATOR.standard_normal((1000, 6))).c_t < -10


def test_samples_far_from_the_training_set_are_far_above_zero(copying: CopyingTest) -> None:
    noisy = clusters(1000) + 2.0 * GENERATOR.standard_normal((1000, 6))
    found = copying.of(noisy)
    assert found.c_t > 5
    assert found.cells == CELLS


def test_it_is_the_mean_of_the_scores_of_cells_by_their_shares_of_held_out_images() -> None:
    centres = np.array([-100.0, 0.0, 100.0])
    training = np.concatenate([centre + GENERATOR.standard_normal((50, 1)) for centre in centres])
    held_out = np.concatenate([centres[0] + GENERATOR.standard_normal((30, 1)),
                               centres[1] + GENERATOR.standard_normal((60, 1)),
                               centres[2] + GENERATOR.standard_normal((40, 1))])  # fmt: skip
    samples = np.concatenate([training[:25], centres[1] + GENERATOR.standard_normal((20, 1)), training[-19:]])
    apart = [np.abs(rows - training.T).min(axis=1) for rows in (samples, held_out)]
    scores = [mann_whitney_z(apart[0][:25], apart[1][:30]), mann_whitney_z(apart[0][25:45], apart[1][30:90])]
    found = data_copying(training, held_out, samples, cells=3)
    assert found.c_t == pytest.approx((30 * scores[0] + 60 * scores[1]) / 90)
    assert found.cells == 2  # The third has 19 samples.


def test_distances_at_hand_are_not_taken_again(copying: CopyingTest, training: np.ndarray) -> None:
    held_out, samples = clusters(400), torch.from_numpy(clusters(300))
    again = CopyingTest(training, held_out, held_out_distances=nearest_distance(held_out, training))
    expected = data_copying(training, held_out, samples)
    assert again.of(samples, nearest_distance(samples, training)) == expected == again.of(samples)
    with pytest.raises(QualityError, match="299 distances of 300 rows"):
        again.of(samples, torch.ones(299))


@pytest.mark.parametrize("values", [GENERATOR.standard_normal(70), GENERATOR.integers(0, 5, 70).astype(float)])
def test_the_z_score_is_the_one_of_scipy(values: np.ndarray) -> None:
    first, second = values[:30], values[30:] + 0.5 * (values[30:] > 1)
    for x, y in ((first, second), (second, first)):
        test = stats.mannwhitneyu(x, y, alternative="less", method="asymptotic", use_continuity=False)
        assert stats.norm.cdf(mann_whitney_z(x, y)) == pytest.approx(test.pvalue)
    assert mann_whitney_z(first, second) == pytest.approx(-mann_whitney_z(second, first))
    assert mann_whitney_z(np.zeros(9), np.zeros(9)) == 0.0


def test_the_closest_pairs_are_those_of_a_brute_force() -> None:
    training, samples = GENERATOR.standard_normal((300, 5)), GENERATOR.standard_normal((80, 5))
    samples[17], samples[40] = training[200], training[200]
    apart = np.linalg.norm(samples[:, None] - training, axis=-1)
    pairs = closest_pairs(samples, training, 10)
    assert pairs.samples.tolist() == np.argsort(apart.min(axis=1), kind="stable")[:10].tolist()
    assert pairs.samples[:2].tolist() == [17, 40]
    assert pairs.training.tolist() == apart.argmin(axis=1)[pairs.samples].tolist()
    assert pairs.distances.tolist() == pytest.approx(np.sort(apart.min(axis=1))[:10])
    assert len(closest_pairs(samples, training, 100).samples) == 80


def test_what_cannot_be_tested_is_named(copying: CopyingTest, training: np.ndarray) -> None:
    with pytest.raises(QualityError, match=r"no cell holds 20 of 19 samples .* fewer cells than 10"):
        copying.of(clusters(19))
    with pytest.raises(QualityError, match="one feature space"):
        copying.of(clusters(50, size=5))
    with pytest.raises(QualityError, match="one space"):
        copying.of(clusters(50, size=5), torch.ones(50))
    with pytest.raises(QualityError, match="not finite"):
        copying.of(np.full((50, 6), np.nan))
    with pytest.raises(QualityError, match="at least 10"):
        CopyingTest(training[:9], training)
    with pytest.raises(QualityError, match="1 at least"):
        CopyingTest(training, training, cells=0)
    with pytest.raises(QualityError, match="1 pair"):
        closest_pairs(training, training, 0)
