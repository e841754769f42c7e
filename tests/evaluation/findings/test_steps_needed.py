"""How many plain steps models need, and what predicts it, on figures that are known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from latentdemo.evaluation.findings.steps_needed import StepsNeeded, correlations, spearman, steps_needed
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, GAP, REAL_DATA, Measured, Report, Row, from_data
from tests.ui.sample_reports import report as sample


def row(steps: int, gap: float, distance: float, start: str = "prior", strict: float | None = None) -> Row:
    def figures(closed: float, far: float) -> dict[str, Interval]:
        return {GAP: Interval.of([closed]), "frechet_distance": Interval.of([far])}

    judged = {"damage": figures(gap, distance)}
    judged |= {} if strict is None else {"labels": figures(strict, 2 * distance)}
    return replace(Row.of(start, "decode-encode", steps, {}), judged=judged)


def made(*rows: Row, **others) -> Report:
    return replace(sample(), rows=list(rows), **others)


def test_the_fewest_steps_within_two_points_of_the_best_are_needed() -> None:
    found = steps_needed(made(row(0, 0.0, 9.0), row(1, 40.0, 6.0), row(3, 59.0, 5.0), row(5, 60.5, 5.0)))
    assert found is not None
    assert (found.steps, found.best, found.gap) == (3, 5, 60.5)


def test_a_chain_that_harms_needs_no_step() -> None:
    found = steps_needed(made(row(0, 0.0, 9.0), row(1, -4.0, 10.0), row(3, 1.5, 9.0)))
    assert found is not None
    assert (found.steps, found.best) == (0, 3)


def test_the_strictest_judge_counts_and_other_starts_do_not() -> None:
    rows = [row(0, 0.0, 9.0, strict=0.0), row(1, 50.0, 6.0, strict=40.0), row(5, 90.0, 5.0, strict=20.0)]
    found = steps_needed(made(*rows, row(2, 99.0, 4.0, "flow", strict=99.0)))
    assert found is not None
    assert (found.steps, found.gap) == (1, 40.0)


def test_without_a_plain_chain_or_a_gap_nothing_is_told() -> None:
    assert steps_needed(made(row(0, 0.0, 9.0))) is None
    bare = [replace(each, judged={"damage": {}}) for each in (row(0, 0.0, 9.0), row(1, 0.0, 8.0))]
    assert steps_needed(made(*bare)) is None


def test_predictors_are_read_where_they_were_measured() -> None:
    def measured(distance: float) -> Measured:
        return Measured({}, {"damage": {"frechet_distance": Interval.of([distance])}})

    report = made(
        row(0, 0.0, 11.0),
        row(1, 40.0, 6.0),
        references={REAL_DATA: measured(1.0), CEILING: measured(3.0), from_data(1): measured(3.4)},
        latent_space={"classifier": {"auc": 0.91}, "fragmentation": {"components": 20}},
    )
    found = steps_needed(report)
    assert found is not None
    assert (found.mismatch, found.components) == (0.91, 20)
    assert found.drift == pytest.approx(5.0)
    old = steps_needed(replace(report, references={CEILING: measured(3.0)}, latent_space={}))
    assert old is not None
    assert (old.mismatch, old.components, old.drift) == (None, None, None)


def test_the_rank_correlation_is_that_of_scipy_and_its_p_value_exact() -> None:
    values, others = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 3.0, 2.0, 10.0, 99.0]
    found = spearman(values, others)
    assert found.rho == pytest.approx(stats.spearmanr(values, others).statistic)
    # Of the 120 orders of five, one has a correlation of 1 and four have 0.9; as many lie at the other end.
    assert found.p_value == pytest.approx(10 / 120)
    tied = spearman([1.0, 1.0, 2.0, 3.0, 3.0, 4.0], [2.0, 1.0, 2.0, 2.0, 5.0, 5.0])
    expected = stats.spearmanr([1.0, 1.0, 2.0, 3.0, 3.0, 4.0], [2.0, 1.0, 2.0, 2.0, 5.0, 5.0]).statistic
    assert tied.rho == pytest.approx(expected)


def test_a_predictor_that_orders_all_models_is_found_and_noise_is_not() -> None:
    noise = np.random.default_rng(3).normal(size=10)
    needed = {
        f"model {number}": StepsNeeded(number, number, 50.0, mismatch=number**2 / 100, components=float(noise[number]))
        for number in range(10)
    }
    found = correlations(needed)
    assert set(found) == {"mismatch", "components"}
    assert found["mismatch"].rho == pytest.approx(1.0)
    assert found["mismatch"].p_value < 0.001
    assert found["components"].p_value > 0.05
    assert found["mismatch"].models == 10


def test_few_models_or_equal_ones_have_no_correlation() -> None:
    few = {str(number): StepsNeeded(number, number, 50.0, mismatch=0.1 * number) for number in range(4)}
    assert correlations(few) == {}
    alike = {str(number): StepsNeeded(3, 3, 50.0, mismatch=0.1 * number) for number in range(8)}
    assert correlations(alike) == {}
    same = {str(number): StepsNeeded(number, number, 50.0, components=20) for number in range(8)}
    assert correlations(same) == {}
