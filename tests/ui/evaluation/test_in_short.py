"""An evaluation in a sentence and two curves, and which part of the advised way is whose."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Recommendation, Report
from latentdemo.export.story import LEAST_SHOWN
from latentdemo.typography import unparted
from latentdemo.ui.components.curves import Point
from latentdemo.ui.evaluation.in_short import gained, kept_above, two_curves
from latentdemo.ui.evaluation.roles import density_and_chain
from latentdemo.ui.evaluation.table import table_in_short
from tests.ui.sample_reports import advising, with_figures, with_gap
from tests.ui.sample_reports import report as sample


@pytest.fixture
def report() -> Report:
    return advising(sample(), 5)


@pytest.fixture
def drawn(report: Report) -> Report:
    """Advises a draw that no chain follows."""
    return advising(report, 0, kernel="", start="flow")


def closing(report: Report, gap: float, spread: float = 0.1) -> Report:
    """The report with ways that all close as much of the gap, or `spread` more in some repetitions."""
    gaps = [gap] * 5 + [gap + spread] * 5
    return replace(report, rows=[row if row.is_prior else with_gap(row, report.prior, gaps) for row in report.rows])


def test_two_curves_are_the_plain_chain_and_the_advised_one(report: Report, drawn: Report) -> None:
    assert [curve.kernel for curve in two_curves(advising(report, 3, kernel="hmc"))] == ["decode-encode", "hmc"]
    assert [curve.kernel for curve in two_curves(report)] == ["decode-encode"]
    assert [curve.kernel for curve in two_curves(drawn)] == ["decode-encode"]


def test_a_curve_that_falls_out_of_the_chart_ends_at_its_edge() -> None:
    points = [Point(0, 0), Point(1, 10), Point(3, -90), Point(10, 50)]
    kept = kept_above(points, LEAST_SHOWN)
    assert kept[:2] == points[:2]
    assert (kept[2].x, kept[2].y) == pytest.approx((1 + 2 * 0.6, LEAST_SHOWN))
    assert len(kept) == 3
    assert kept_above(points[:2], LEAST_SHOWN) == points[:2]


def test_the_sentence_names_the_advised_way_and_the_plain_chain(report: Report, drawn: Report) -> None:
    assert gained(drawn).startswith("Drawing directly from the flow closes ")
    assert "; the plain chain, at its best, " in gained(drawn)
    assert gained(advising(report, report.best_plain.steps)).endswith("(strictest judge: labels alone).")
    judge = r" \(strictest judge: [a-zA-Z ]+\)"
    said = f"decoder can do{judge}; the plain chain "
    assert re.search(f"{said}only makes it wider{judge}\\.$", gained(closing(drawn, -5.0)))
    for gap in (-15.0, -5.0):  # on average below nothing, and above
        assert re.search(f"{said}closes nothing beyond chance{judge}\\.$", gained(closing(drawn, gap, 20.0)))
    left = Recommendation(None, 0, [], [], "chance")
    assert gained(replace(report, recommendation=left)).startswith("Leave this model alone")


def test_of_a_draw_the_density_does_the_work_and_a_chain_is_compared(drawn: Report) -> None:
    density, chain = density_and_chain(drawn)
    assert density.startswith("**The density** does the work")
    assert "from the flow;" in density
    assert chain.startswith("**A chain** of decode and encode gets ")
    assert unparted(f"{drawn.best_decoding_chain.milliseconds:.1f} ms") in chain


@pytest.mark.parametrize(
    ("more", "spread", "words"),
    [
        (-3.0, 0.0, "no further:"),
        (9.0, 60.0, "no further beyond chance:"),
        (1.0, 0.0, "little further:"),
        (9.0, 0.0, "gets further:"),
    ],
)
def test_a_chain_is_told_as_it_was_measured(drawn: Report, more: float, spread: float, words: str) -> None:
    drew = drawn.told.figures[GAP].values
    noise = [spread, -spread] * (len(drew) // 2)
    figure = Interval.of([value + more + each for value, each in zip(drew, noise, strict=True)])
    rows = [row if not row.kernel else with_figures(row, **{GAP: figure}) for row in drawn.rows]
    assert words in density_and_chain(replace(drawn, rows=rows))[1]


def test_the_map_that_a_chain_begins_with_is_no_chain_of_decode_and_encode(drawn: Report) -> None:
    gaps = {1: 200.0, 2: 150.0}  # by the steps of the transport chain, and all others below
    figures = [Interval.of([gaps.get(row.steps * (row.kernel == "transport"), 50.0)] * 10) for row in drawn.rows]
    rows = [with_figures(row, **{GAP: figure}) for row, figure in zip(drawn.rows, figures, strict=True)]
    measured = replace(drawn, rows=rows)
    assert (measured.best_chain.steps, measured.best_decoding_chain.steps) == (1, 2)
    assert "the best one, 2 steps of the transport chain" in density_and_chain(measured)[1]


def test_a_chain_from_a_density_goes_on_where_that_ends(report: Report) -> None:
    begun, continued = density_and_chain(advising(report, 3, start="mixture"))
    assert begun.startswith("**The density** begins: drawing from the large mixture alone closes ")
    assert continued.startswith("**The chain** goes on from there: with 3 steps of the plain chain")


def test_without_a_density_only_the_chain_is_told(report: Report) -> None:
    assert [text[:13] for text in density_and_chain(report)] == ["**The chain**"]
    left = Recommendation(None, 0, [], [], "chance")
    assert density_and_chain(replace(report, recommendation=left)) == []


def test_the_short_table_has_the_ways_that_matter(drawn: Report) -> None:
    lines = table_in_short(drawn)
    assert [line["Way to sample"] for line in lines][:2] == ["Decoder's best (ceiling)", "Prior sample"]
    assert [line["Way to sample"] for line in lines if line["Advised"]] == ["Direct draw: flow"]
    assert 4 <= len(lines) <= 6
