"""The arithmetic of measurements; never how long something takes."""

from pathlib import Path

import pytest

from latentdemo.benchmark.browser import BLANK, Press, press_row
from latentdemo.benchmark.concurrency import percentile
from latentdemo.benchmark.figures import row_of
from latentdemo.benchmark.timing import LEAST_TURNS, MOST_TURNS, Spread, in_turns, ratio
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import Row

LOCALE = Path(__file__).parents[2] / "latentdemo" / "ui" / "i18n" / "locale"


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
    row = press_row([Press(first=0.5, whole=1.2, own=0.4, kept=0.7, bare=0.6)], 41_000)
    assert row["page / (bare page + own)"] == Spread.of([1.2])
    assert row["page with a result that is kept, ms"] == Spread.of([700.0])


def step_of(**values: list[float]) -> Row:
    """A step of the plain chain with the values of its repetitions."""
    return Row.of("prior", "decode-encode", 5, {name: Interval.of(each) for name, each in values.items()})


def test_a_row_names_the_figures_that_differ_and_leaves_out_what_one_precision_lacks() -> None:
    before = step_of(coverage=[0.5, 0.25, 0.75], frechet_distance=[10.0, 11.0, 12.0], gap_closed=[3.0, 4.0, 5.0])
    after = step_of(coverage=[0.6, 0.36, 0.84], frechet_distance=[10.5, 10.5, 12.0])
    assert row_of(before, after) == {
        "step": 5,
        "frechet distance": "11 +0 ± 1.2",
        "coverage": "0.5 +0.1 ± 0.025",
        "differs": "coverage",
    }


def test_what_a_blank_row_says_is_what_the_screen_says() -> None:
    assert f'msgid "{BLANK}"' in (LOCALE / "ja.po").read_text(encoding="utf-8")
