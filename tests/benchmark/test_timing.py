"""The arithmetic of measurements; never how long something takes."""

import numpy as np
import pytest
from scipy import stats

from latentdemo.benchmark.browser import Press, press_row
from latentdemo.benchmark.concurrency import percentile
from latentdemo.benchmark.figures import paired_difference, row_of
from latentdemo.benchmark.timing import LEAST_TURNS, MOST_TURNS, Spread, in_turns, ratio


def test_median_and_quartiles() -> None:
    assert Spread.of([5.0, 1.0, 2.0, 3.0, 4.0]) == Spread(3.0, 2.0, 4.0)
    assert Spread.of([2.5]) == Spread(2.5, 2.5, 2.5)


def test_a_ratio_is_of_pairs() -> None:
    assert ratio([2.0, 8.0, 3.0], [1.0, 2.0, 3.0]).median == 2.0


@pytest.mark.parametrize(("seconds", "turns"), [(0.0, LEAST_TURNS), (1000.0, MOST_TURNS)])
def test_works_take_turns_after_one_to_warm_up(seconds: float, turns: int) -> None:
    order: list[str] = []
    times = in_turns({name: lambda name=name: order.append(name) for name in "ab"}, seconds)
    assert order == ["a", "b"] * (turns + 1)
    assert [len(each) for each in times.values()] == [turns, turns]


def test_percentiles() -> None:
    assert percentile([float(each) for each in range(101)], 95) == 95.0
    assert percentile([3.0], 50) == 3.0


def test_a_press_is_compared_with_the_bare_page_and_the_samplers_own_time() -> None:
    row = press_row([Press(whole=1.2, own=0.4, kept=0.7, bare=0.6)])
    assert row["page / (bare page + own)"] == Spread.of([1.2])
    assert row["page with a result that is kept, ms"] == Spread.of([700.0])


def test_a_difference_is_that_of_pairs_with_students_interval() -> None:
    before, after = [1.0, 5.0, 9.0, 2.0], [1.2, 5.1, 9.4, 2.1]
    test = stats.ttest_rel(after, before)
    interval = test.confidence_interval(0.95)
    found = paired_difference(before, after)
    assert found.mean == pytest.approx(0.2)
    assert (found.mean - found.half_width, found.mean + found.half_width) == pytest.approx(
        (interval.low, interval.high)
    )
    assert found.explained_by_chance == (test.pvalue > 0.05)


def test_scatter_that_pairs_share_hides_no_difference() -> None:
    scatter = np.random.default_rng(0).standard_normal(5)
    before, after = list(10 + scatter), list(10.1 + scatter + 0.01 * np.arange(-2, 3))
    assert not paired_difference(before, after).explained_by_chance
    assert paired_difference(before, before) == (0.0, 0.0)
    assert paired_difference(before, before).explained_by_chance


def test_intervals_hold_the_true_difference_as_often_as_they_say() -> None:
    draws = np.random.default_rng(1).standard_normal((1000, 2, 5))
    held = [paired_difference(list(before), list(after)).explained_by_chance for before, after in draws]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_a_row_names_the_figures_that_differ_and_leaves_out_what_some_seeds_lack() -> None:
    before = [
        {"coverage": 0.5, "frechet_distance": 10.0, "gap_closed": 3.0},
        {"coverage": 0.25, "frechet_distance": 11.0},
    ]
    after = [{"coverage": 0.75, "frechet_distance": 10.5}, {"coverage": 0.5, "frechet_distance": 10.6}]
    assert row_of(5, before, after) == {
        "step": 5,
        "frechet distance": "10.5 +0.05 ± 5.7",
        "coverage": "0.375 +0.25 ± 0",
        "differs": "coverage",
    }
    assert row_of(5, before, before)["differs"] == "none"
