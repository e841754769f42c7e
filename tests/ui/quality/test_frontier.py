"""The chart of quality against time: what it draws, and where its axis ends."""

import math
from dataclasses import replace

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.ui.components.curves import Axis
from latentdemo.ui.components.frontier_chart import Cut, Way, frontier_chart
from latentdemo.ui.quality.frontier import EDGE, cut_of, drawn, explained
from tests.ui.sample_reports import report as sample
from tests.ui.sample_reports import without


@pytest.fixture
def report() -> Report:
    return sample()


def collapsed(report: Report, *gaps: float) -> Report:
    """The report with more ways to sample, of which each closes so much of the gap."""
    added = [
        Row.of("prior", "decode-encode", 50 + number, {GAP: Interval.of([gap, gap + 1.0])}, milliseconds=20.0)
        for number, gap in enumerate(gaps)
    ]
    return replace(report, rows=[*report.rows, *added])


def mark(y: float, **others) -> Way:
    facts = {"x": 1.0, "low": y - 1.0, "high": y + 1.0, "label": "a", "title": "A", "note": "n", "kernel": "hmc"}
    return Way(**{"y": y, **facts, **others})


def layers(ways: list[Way], cut: Cut) -> list[dict]:
    chart = frontier_chart(ways, [], Axis("ms", "log", (1, 2)), "figure", cut, 300).to_dict()
    return [{"mark": layer["mark"], "rows": chart["datasets"][layer["data"]["name"]]} for layer in chart["layer"]]


def test_every_way_is_a_mark_and_the_recommended_one_has_a_ring(report: Report) -> None:
    found = drawn(report, GAP)
    assert len(found) == len(report.rows)
    assert [each.marked for each in found].count(True) == 1
    assert [each.kernel for each in found].count(None) == 1
    assert 2 <= sum(each.worth for each in found) < len(found)
    assert all(each.low < each.y < each.high for each in found if each.kernel is not None)


def test_ways_without_a_time_or_the_figure_are_left_out(report: Report) -> None:
    rows = [replace(row, milliseconds=0.0) if row.kernel == "hmc" else row for row in report.rows]
    assert {each.kernel for each in drawn(replace(report, rows=rows), GAP)}.isdisjoint({"hmc"})
    assert drawn(replace(report, rows=[without(row, [GAP]) for row in report.rows]), GAP) == []


def test_a_collapse_does_not_press_the_others_together(report: Report) -> None:
    assert cut_of(report, GAP) == Cut()
    cut = cut_of(collapsed(report, -1000.0, -20.0, -60.0), GAP)
    assert cut.low == pytest.approx(-19.5 - EDGE * 119.5)
    assert len(explained(collapsed(report, -1000.0, -20.0, -60.0), GAP, cut)) == 2
    assert explained(collapsed(report, -1000.0), GAP, cut)[1].startswith("One way")
    assert len(explained(report, GAP, Cut())) == 1


def test_distances_are_cut_at_the_upper_end(report: Report) -> None:
    distance = "frechet_distance"
    prior = report.prior.figures[distance].mean
    far = Row.of("prior", "decode-encode", 50, {distance: Interval.of([9 * prior, 9 * prior])}, milliseconds=20.0)
    cut = cut_of(replace(report, rows=[*report.rows, far]), distance)
    assert cut.high is not None
    assert prior <= cut.high < 2 * prior


def test_what_lies_beyond_stands_at_the_edge_and_points_on() -> None:
    cut = Cut(low=-10.0)
    found = layers([mark(50.0, worth=True), mark(-400.0)], cut)
    (edge,) = [each for each in found if each["mark"].get("filled") is False]
    assert [(row["y"], row["shape"]) for row in edge["rows"]] == [(-10.0, "triangle-down")]
    (above,) = [each for each in layers([mark(5.0), mark(9.0)], Cut(high=7.0)) if each["mark"].get("filled") is False]
    assert [(row["y"], row["shape"]) for row in above["rows"]] == [(7.0, "triangle-up")]


def test_intervals_end_at_the_cut_and_unknown_ones_are_not_drawn() -> None:
    ways = [mark(5.0, low=-90.0, high=20.0), mark(6.0, low=-math.inf, high=math.inf)]
    (rules,) = [
        each for each in layers(ways, Cut(low=-10.0)) if each["mark"]["type"] == "rule" and each["rows"][0].get("low")
    ]
    assert [(row["low"], row["high"]) for row in rules["rows"]] == [(-10.0, 20.0)]


def test_the_marked_way_is_named_first() -> None:
    ways = [mark(5.0, label="first", worth=True), mark(9.0, x=1.01, label="second", worth=True, marked=True)]
    texts = [each["mark"]["text"] for each in layers(ways, Cut()) if each["mark"]["type"] == "text"]
    assert '"second"' in texts[0]["expr"]
