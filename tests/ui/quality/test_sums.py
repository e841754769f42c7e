"""What the quality page alone says of an evaluation: sums of money, files and long runs."""

import csv
import io
import json
import math

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import Report
from latentdemo.evaluation.report.file import parse
from latentdemo.ui.i18n.words import in_language
from latentdemo.ui.quality.costs import Costs, costs, costs_sentence, per_thousand
from latentdemo.ui.quality.diagnostics import diagnostics_table
from latentdemo.ui.quality.downloads import as_csv, as_json
from tests.ui.sample_reports import advising
from tests.ui.sample_reports import report as sample


@pytest.fixture
def report() -> Report:
    return sample()


def test_costs_by_hand(report: Report) -> None:
    assert per_thousand(3.6, 2.0) == pytest.approx(0.002)
    sums = Costs(prior=0.001, recommended=0.003, rejects_fewer=Interval(100.0, 10.0))
    assert sums.break_even == pytest.approx(0.00002)
    assert sums.saving(0.01) == pytest.approx(0.998)
    assert sums.saving(0.0) == pytest.approx(-0.002)
    advised = advising(report, 3)
    assert "is left over" in costs_sentence(advised, sums, 0.01)
    assert "is lost" in costs_sentence(advised, sums, 0.0)


def test_rejects_within_chance_never_break_even(report: Report) -> None:
    sums = Costs(prior=0.001, recommended=0.003, rejects_fewer=Interval(5.0, 10.0))
    assert sums.break_even is None
    assert "does not come back" in costs_sentence(advising(report, 3), sums, 1.0)


def test_a_way_that_costs_no_more_breaks_even_at_once(report: Report) -> None:
    sums = Costs(prior=0.003, recommended=0.002, rejects_fewer=Interval(50.0, 1.0))
    assert sums.break_even == 0.0
    assert "no more than the prior" in costs_sentence(advising(report, 3), sums, 0.0)


def test_costs_of_a_report(report: Report) -> None:
    advised = advising(report, 3)
    row, sums = advised.recommended, costs(advised, 3.6)
    assert row is not None
    assert sums is not None
    assert sums.extra == pytest.approx((row.milliseconds - report.prior.milliseconds) / 1000)
    gained = row.figures["precision"].mean - report.prior.figures["precision"].mean
    assert sums.rejects_fewer.mean == pytest.approx(1000 * gained)
    paired = row.figures["precision"].minus(report.prior.figures["precision"])
    assert sums.rejects_fewer.half_width == pytest.approx(1000 * paired.half_width)


def test_csv_has_every_figure_once(report: Report) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert list(lines[0]) == [
        "model", "start", "kernel", "options", "stop_at", "steps", "space", "figure", "mean", "half_width"
    ]  # fmt: skip
    measured = [*report.rows, *report.references.values()]
    figures = sum(len(each.own) + sum(map(len, each.judged.values())) for each in measured)
    assert len(lines) == figures + 2 * len(report.rows)
    keys = [tuple(line[key] for key in list(line)[:8]) for line in lines]
    assert len(set(keys)) == len(keys)
    found = [line for line in lines if line["options"] and line["steps"] == "5" and line["figure"] == "recall"]
    assert [line["space"] for line in found] == list(report.spaces)
    sampled = found[1]
    assert json.loads(sampled["options"]) == {"decoding": "sample"}
    row = next(row for row in report.rows if row.options and row.steps == 5)
    recall = row.judged["labels"]["recall"]
    assert math.isclose(float(sampled["mean"]), recall.mean)
    assert math.isclose(float(sampled["half_width"]), recall.half_width or 0.0)


def test_json_is_a_report_again(report: Report) -> None:
    assert parse(json.loads(as_json(report))) == report


def test_diagnostics_show_single_numbers_only(report: Report) -> None:
    lines = diagnostics_table(report.diagnostics)
    assert [line["Way to sample"] for line in lines] == ["Plain chain", "Calibrated chain"]
    assert all(isinstance(value, str | int | float) for line in lines for value in line.values())
    assert lines[0]["R-hat, worst dimension"] == 1.31


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [
        ("en", "Autocorrelation time, steps", "longer than can be told from 500 steps"),
        ("ja", "自己相関時間（ステップ）", "500 ステップでは分からないほど長い"),
    ],
)
def test_an_autocorrelation_time_is_told_only_of_a_run_that_is_long_enough(
    report: Report, language: str, title: str, words: str
) -> None:
    """In older files too, which give one of every run, and no warm-up."""
    newer = {**report.diagnostics["hmc"], "autocorrelation_time": None, "warm_up": 499}
    with in_language(language):
        older_lines, newer_lines = diagnostics_table(report.diagnostics), diagnostics_table({"hmc": newer})
    assert [line[title] for line in older_lines] == [words, "1.6"]
    assert [line[title] for line in newer_lines] == [words]
    assert list(newer_lines[0].values())[1:4] == [16, 499, 500]
