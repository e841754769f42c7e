import itertools

import numpy as np
import pytest
from scipy import stats

from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.metrics.two_sample import energy_distance, energy_test

GENERATOR = np.random.default_rng(0)


def points(count: int, size: int = 3, mean: float = 0.0) -> np.ndarray:
    return mean + GENERATOR.standard_normal((count, size))


def naive(x: np.ndarray, y: np.ndarray) -> float:
    """The definition, pair by pair."""
    between = np.mean([np.linalg.norm(a - b) for a in x for b in y])
    within = [np.mean([np.linalg.norm(a - b) for a, b in itertools.combinations(side, 2)]) for side in (x, y)]
    return 2 * between - sum(within)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_energy_distance_is_its_definition(offset: float) -> None:
    x, y = points(30), points(20, mean=0.5)
    assert energy_distance(x + offset, y + offset) == pytest.approx(naive(x, y), rel=1e-6)


def test_energy_distance_over_several_blocks_is_the_one_of_scipy() -> None:
    x, y = points(1_500, 1), points(900, 1, mean=0.4)
    own = [np.abs(side - side.T).sum() / len(side) ** 2 / (len(side) - 1) for side in (x, y)]
    v_statistic = stats.energy_distance(x[:, 0], y[:, 0]) ** 2
    assert energy_distance(x, y) == pytest.approx(v_statistic - sum(own), rel=1e-6)


def test_equal_distributions_are_at_no_distance_on_average() -> None:
    distances = [energy_distance(points(20), points(30)) for _ in range(300)]
    assert abs(np.mean(distances)) < 4 * np.std(distances) / np.sqrt(300)


def test_p_values_of_equal_distributions_are_uniform() -> None:
    p_values = [energy_test(points(25), points(35), permutations=99, seed=seed).p_value for seed in range(200)]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) <= 0.05) < 0.11


def test_a_shift_or_another_spread_is_found() -> None:
    assert energy_test(points(200), points(150, mean=0.4)).p_value == 1 / 201
    assert energy_test(points(200), 1.5 * points(200)).p_value < 0.02


def test_the_distance_and_all_splits_are_the_naive_ones() -> None:
    x, y = points(3, 2), points(3, 2, mean=1.5)
    everything = np.concatenate([x, y])
    splits = [naive(everything[list(s)], np.delete(everything, s, 0)) for s in itertools.combinations(range(6), 3)]
    share = np.mean([split >= naive(x, y) - 1e-9 for split in splits])
    found = energy_test(x, y, permutations=20_000)
    assert found.distance == pytest.approx(naive(x, y))
    assert found.p_value == pytest.approx(share, abs=0.01)


def test_the_same_seed_gives_the_same_answer() -> None:
    x, y = points(40), points(40, mean=0.2)
    assert energy_test(x, y, seed=3) == energy_test(x, y, seed=3)
    assert len({energy_test(x, y, seed=seed).p_value for seed in range(5)}) > 1


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (points(1), points(9), "first points have shape"),
        (points(9), points(9, 2), "one space"),
        (points(9), np.full((9, 3), np.inf), "not finite"),
    ],
)
def test_what_cannot_be_compared_is_named(x: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises(QualityError, match=words):
        energy_distance(x, y)
    with pytest.raises(QualityError, match=words):
        energy_test(x, y)
    with pytest.raises(QualityError, match="at least 1"):
        energy_test(points(9), points(9), permutations=0)
