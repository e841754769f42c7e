"""The ways to sample that no other one beats in both time and quality."""

import pytest

from latentdemo.evaluation.findings.frontier import frontier
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Row


def row(steps: int, milliseconds: float, gap: float, distance: float = 1.0) -> Row:
    figures = {GAP: Interval.of([gap]), "frechet_distance": Interval.of([distance])}
    return Row.of("prior", "decode-encode", steps, figures, milliseconds=milliseconds)


def steps(rows: list[Row]) -> list[int]:
    return [row.steps for row in rows]


def test_what_is_both_cheaper_and_better_beats_the_rest() -> None:
    rows = [row(1, 3.0, 80.0), row(2, 1.0, 10.0), row(3, 2.0, 50.0), row(4, 2.5, 40.0), row(5, 4.0, 79.0)]
    assert steps(frontier(rows)) == [2, 3, 1]


def test_of_equal_cost_the_better_is_worth_it_and_of_equal_quality_the_cheaper() -> None:
    assert steps(frontier([row(1, 1.0, 10.0), row(2, 1.0, 20.0)])) == [2]
    assert steps(frontier([row(1, 2.0, 10.0), row(2, 1.0, 10.0)])) == [2]


def test_of_distances_the_lower_is_better() -> None:
    rows = [row(1, 1.0, 0.0, 5.0), row(2, 2.0, 0.0, 7.0), row(3, 3.0, 0.0, 2.0)]
    assert steps(frontier(rows, "frechet_distance")) == [1, 3]


def test_ways_without_the_figure_are_left_out() -> None:
    assert frontier([row(1, 1.0, 10.0)], "coverage") == []


def test_a_figure_that_only_describes_has_no_frontier() -> None:
    with pytest.raises(KeyError):
        frontier([row(1, 1.0, 10.0)], "sharpness")
