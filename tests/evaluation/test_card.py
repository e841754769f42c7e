"""The tables of an evaluation, in the model card and on the terminal."""

import io

import pytest
from rich.console import Console

from latentdemo.cli.tables import report_table
from latentdemo.evaluation.card import columns, section, strictest
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Measured, Report
from tests.ui.sample_reports import advising, in_one_space
from tests.ui.sample_reports import report as sample

TITLES = ["Fréchet distance", "coverage", "recall", "mix change", "start kept"]


@pytest.fixture
def report() -> Report:
    return sample()


def test_the_gap_is_told_by_the_strictest_space_and_by_each(report: Report) -> None:
    assert list(columns(report)) == ["gap closed, %", "by damage, %", "by labels, %", "by imagenet, %", *TITLES]
    assert list(columns(in_one_space(report))) == ["gap closed, %", *TITLES]
    measured = Measured({}, {"damage": {GAP: Interval.of([90.0, 91.0])}, "labels": {GAP: Interval.of([80.0, 82.0])}})
    assert strictest(measured) == "81 ± 13 (labels)"
    cells = {title: cell(measured) for title, cell in columns(report).items()}
    assert (cells["by damage, %"], cells["by imagenet, %"], cells["recall"]) == ("90 ± 6", "", "")


def test_the_card_says_what_judged_and_what_is_recommended(report: Report) -> None:
    drawn = advising(report, 0, kernel="", start="flow")
    text = section(drawn)
    assert "damage: fashion-mnist classifier" in text
    assert "imagenet: EfficientNet-Lite0, 128 principal components (`cdcdcdcdcdcd`)" in text
    assert "mean ± half of the 95 % interval" in text
    assert f"it closes {strictest(drawn.told).removesuffix(' (labels)')} % of the gap." in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 2 + len(report.rows)
    assert len({line.count("|") for line in lines}) == 1
    assert sum("**flow, drawn directly**" in line for line in lines) == 1


def test_the_terminal_has_the_same_table(report: Report) -> None:
    shown = Console(file=io.StringIO(), width=300)
    shown.print(report_table(report))
    text = shown.file.getvalue()
    assert "± half of a 95 % interval; damage, labels, imagenet" in text
    assert strictest(report.prior) in text
