"""The arithmetic of measurements; never how long something takes."""

import pytest

from latentdemo.benchmark.browser import Press, press_row
from latentdemo.benchmark.concurrency import percentile
from latentdemo.benchmark.figures import row_of, same
from latentdemo.benchmark.timing import LEAST_TURNS, MOST_TURNS, Spread, in_turns, ratio
from latentdemo.evaluation.report import Interval


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


def test_figures_are_the_same_within_two_standard_errors_of_their_difference() -> None:
    assert same(Interval(1.0, 0.3), Interval(1.9, 0.4))
    assert not same(Interval(1.0, 0.3), Interval(2.1, 0.4))
    before, after = {"coverage": Interval(0.5, 0.01)}, {"coverage": Interval(0.6, 0.01)}
    assert row_of(5, before, before)["within"] is True
    assert row_of(5, before, after)["within"] is False
