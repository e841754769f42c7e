"""What is held against a way to sample that is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Recommendation, Report, Row
from latentdemo.ui.evaluation.caution import caution
from latentdemo.ui.evaluation.verdict import leave_alone
from tests.ui.sample_reports import advising, with_figures, with_gap
from tests.ui.sample_reports import report as sample


@pytest.fixture
def report() -> Report:
    """Advises a draw of 90 % at half a millisecond."""
    advised = advising(sample(), 0, kernel="", start="flow")
    index = advised.rows.index(advised.recommended)
    rows = list(advised.rows)
    rows[index] = replace(with_gap(rows[index], advised.prior, [89.0, 91.0] * 5), milliseconds=0.5)
    return replace(advised, rows=rows)


def plain(report: Report, gap: float, milliseconds: float = 1.0) -> Row:
    """Five steps of the plain chain that close so much of the gap at such a cost, most where the draw closes least."""
    row = next(row for row in report.rows if row.is_plain and row.steps == 5)
    return replace(with_gap(row, report.prior, [gap + 1.0, gap - 1.0] * 5), milliseconds=milliseconds)


@pytest.mark.parametrize(
    ("gap", "milliseconds", "words"),
    [
        (-20.0, 1.0, "Running 5 steps of the plain chain makes samples worse. Recommended: drawing "),
        (-20.0, 0.1, "Running 5 steps of the plain chain makes samples worse. Recommended: drawing "),
        (-0.1, 1.0, "Cheaper and better: drawing directly from the flow (gap closed: 90 % ± "),  # within chance of 0
        (80.0, 1.0, "Cheaper and better: drawing directly from the flow (gap closed: 90 % ± "),
    ],
)
def test_harm_and_waste_are_told(report: Report, gap: float, milliseconds: float, words: str) -> None:
    told = caution(report, plain(report, gap, milliseconds)).replace("\N{NO-BREAK SPACE}", " ")
    assert told.startswith(words)
    assert told.endswith("0.50 ms an image when evaluated).")


@pytest.mark.parametrize(("gap", "milliseconds"), [(95.0, 1.0), (90.2, 1.0), (89.8, 1.0), (80.0, 0.5), (80.0, 0.2)])
def test_nothing_is_said_of_what_gets_as_far_or_costs_no_more(report: Report, gap: float, milliseconds: float) -> None:
    assert caution(report, plain(report, gap, milliseconds)) == ""


def test_harm_is_told_by_the_distance_where_the_gap_is_hardly_known(report: Report) -> None:
    unsure = Interval.of([-2000.0, 1500.0] * 5)
    assert unsure.high > 0.0
    row = with_figures(plain(report, -20.0), **{GAP: unsure})
    assert caution(report, row).startswith("Running 5 steps of the plain chain makes samples worse. ")


def test_nothing_is_said_of_the_recommended_way_itself(report: Report) -> None:
    assert report.recommended is not None
    assert caution(report, report.recommended) == ""


def test_nothing_is_said_where_there_is_no_gap_to_close(report: Report) -> None:
    row = plain(report, 10.0)
    assert caution(report, replace(row, judged={})) == ""


@pytest.mark.parametrize("gap", [-20.0, 20.0])
def test_a_model_that_is_best_left_alone_is_called_so(report: Report, gap: float) -> None:
    left = replace(report, recommendation=Recommendation(None, 0, [], [], "chance"))
    assert caution(left, plain(left, gap)) == leave_alone(left)
    assert leave_alone(left).startswith("Leave this model alone")
