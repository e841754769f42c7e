"""Figures with their uncertainty, by hand-computed values."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from latentdemo.evaluation.division import divide
from latentdemo.evaluation.interval import Interval, ratio_of_gaps, standard_deviation


def test_an_interval_is_students_over_repetitions() -> None:
    figure = Interval.of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (figure.mean, figure.freedom) == (3.0, 4)
    assert figure.error == pytest.approx(math.sqrt(2.5 / 5))
    assert figure.half_width == pytest.approx(2.776 * math.sqrt(0.5), rel=1e-3)
    assert (figure.low, figure.high) == pytest.approx((3.0 - figure.half_width, 3.0 + figure.half_width))


def test_the_standard_deviation_is_that_of_exact_arithmetic() -> None:
    generator = np.random.default_rng(0)
    for values in (generator.normal(size=(50, 8)) + 1e6).tolist():
        assert standard_deviation(values) == pytest.approx(statistics.stdev(values), rel=1e-12)
    assert Interval.of([0.1] * 3).error == 0.0


def test_one_repetition_supports_no_claim() -> None:
    alone, sure = Interval.of([5.0]), Interval.of([1.0, 1.1, 0.9])
    assert (alone.error, alone.half_width) == (None, None)
    assert (alone.low, alone.high) == (-math.inf, math.inf)
    assert not sure.below(alone)
    assert not Interval.of([1.0]).below(alone)


def test_overlapping_sets_make_a_figure_less_sure() -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    apart, shared = Interval.of(values), Interval.of(values, overlap=1.0)
    assert shared.error == pytest.approx(apart.error * math.sqrt((1 / 4 + 1.0) / (1 / 4)))
    assert shared.minus(shared).overlap == 1.0


def test_what_shares_its_repetitions_is_compared_in_pairs() -> None:
    before, after = Interval.of([1.0, 5.0, 9.0]), Interval.of([1.5, 5.4, 9.6])
    assert after.minus(before).values == pytest.approx((0.5, 0.4, 0.6))
    assert before.below(after)
    unpaired = Interval(after.mean, after.error, freedom=2).minus(Interval(before.mean, before.error, freedom=9))
    assert unpaired.error == pytest.approx(math.hypot(before.error, after.error))
    assert unpaired.freedom == 2
    assert not Interval(before.mean, before.error, freedom=2).below(Interval(after.mean, after.error, freedom=2))


def test_a_paired_difference_is_that_of_students_paired_test() -> None:
    before, after = [1.0, 5.0, 9.0, 2.0], [1.2, 5.1, 9.4, 2.1]
    known = stats.ttest_rel(after, before).confidence_interval(0.95)
    found = Interval.of(after).minus(Interval.of(before))
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_intervals_hold_the_true_difference_as_often_as_they_say() -> None:
    draws = np.random.default_rng(1).standard_normal((1000, 2, 5))
    found = [Interval.of(after).minus(Interval.of(before)) for before, after in draws]
    assert np.mean([each.low <= 0.0 <= each.high for each in found]) == pytest.approx(0.95, abs=0.02)


def test_a_part_is_taken_of_some_repetitions() -> None:
    figure = Interval.of([1.0, 2.0, 3.0, 4.0])
    assert figure.part([0, 2]) == Interval.of([1.0, 3.0])
    assert figure.part([]) == figure
    older = Interval(1.0, 0.1, freedom=4)
    assert older.part([0, 1]) == older


def test_a_figure_can_be_limited() -> None:
    assert Interval.of([0.5, 1.5, 2.0]).limited(high=1.0) == Interval.of([0.5, 1.0, 1.0])
    assert Interval.of([0.5, 1.5, 2.0]).limited(low=1.0) == Interval.of([1.0, 1.5, 2.0])
    assert Interval(2.0, 0.1, freedom=4).limited(high=1.0) == Interval(1.0, 0.1, freedom=4)


def test_a_share_of_the_gap_has_the_mean_of_the_ratio_and_the_delta_methods_error() -> None:
    start, reached, end = Interval.of([10.0, 12.0, 11.0]), Interval.of([6.0, 7.0, 5.0]), Interval.of([2.0, 2.5, 1.5])
    share = ratio_of_gaps(start, reached, end)
    assert share.mean == pytest.approx(100.0 * (11.0 - 6.0) / (11.0 - 2.0))
    residuals = [
        (s - r) - 5.0 / 9.0 * (s - e) for s, r, e in zip(start.values, reached.values, end.values, strict=True)
    ]
    error = 100.0 / 9.0 * math.sqrt(sum(each**2 for each in residuals) / 2 / 3)
    assert share.error == pytest.approx(error)
    assert ratio_of_gaps(start, start, end).values == (0.0, 0.0, 0.0)
    assert ratio_of_gaps(start, end, end).values == pytest.approx((100.0, 100.0, 100.0))


def test_sets_are_disjoint_as_far_as_there_are_images() -> None:
    apart = divide(100, 10, range(10))
    assert apart.overlap == 0.0
    assert sorted(row for rows in apart.rows for row in rows) == list(range(100))
    assert all(list(rows) != sorted(rows) for rows in apart.rows)
    shared = divide(100, 40, range(5))
    assert shared.overlap == pytest.approx(0.4 / 0.6)
    assert [len(set(rows)) for rows in shared.rows] == [40] * 5
    assert divide(100, 100, range(2)).overlap == pytest.approx(99.0)
