"""Rows of an interpolation in words: what is said of made-up figures."""

from __future__ import annotations

from dataclasses import replace

import torch

from latentdemo.evaluation.metrics.path import PathFigures
from latentdemo.sampling import ChainSpec
from latentdemo.typography import unparted
from latentdemo.ui.interpolation.charts import PLAIN_LOOK, draw_chart
from latentdemo.ui.interpolation.paths import PathRow
from latentdemo.ui.interpolation.request import Request
from latentdemo.ui.interpolation.words import charts, row_look, row_note, row_title, summary, table
from tests.ui.sample_reports import report

PLAIN = PathFigures((1.0, 3.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
NEAR = PathFigures((1.0, 1.0), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), 0.649)
FAR = PathFigures((4.0, 0.0), (0.9, 0.8, 0.7), (0.9, 0.8, 0.7), -0.3)
REQUEST = Request("own/model", "", "", "", 7, (), "spherical", 3, ChainSpec("hmc", steps=3), "5")


def rows(**figures: PathFigures) -> dict[str, PathRow]:
    """Rows without pictures; `s1` stands for "1"."""
    return {name.removeprefix("s"): PathRow(b"", each, torch.empty(0)) for name, each in figures.items()}


def test_whether_the_ends_are_still_connected_is_said_of_each_chain() -> None:
    near, far = summary(rows(plain=PLAIN, base=PLAIN, s1=NEAR, s5=NEAR, s10=FAR, ends=FAR))
    assert near == unparted(
        "The path still connects the two pictures that you chose: base space (100 % of them left at the ends); "
        "1 step (64 % of them left at the ends); 5 steps (64 % of them left at the ends)."
    )
    assert far == unparted(
        "The path no longer connects the two pictures that you chose: 10 steps (0 % of them left at the ends)."
    )


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert summary(rows(plain=PLAIN)) == []
    (same,) = summary(rows(plain=replace(PLAIN, ends_kept=None), s1=replace(NEAR, ends_kept=None)))
    assert same.startswith("Both ends are the same picture")


def test_notes_of_a_row() -> None:
    assert row_note("1", NEAR) == unparted("largest jump 1.0 × the mean step · 64 % of the ends left")
    assert row_note("plain", PLAIN) == unparted("largest jump 1.5 × the mean step")
    assert row_note("10", FAR).endswith(unparted(" · 0 % of the ends left"))


def test_charts_have_a_line_for_each_row_and_are_in_units_of_the_plain_path() -> None:
    shown = rows(plain=PLAIN, s1=NEAR, s10=FAR)
    steps, shift = charts(shown, {row: row_look(row, REQUEST) for row in shown})
    assert [line.values for line in steps.lines] == [[0.5, 1.5], [0.5, 0.5], [2.0, 0.0]]
    assert [line.label for line in shift.lines] == ["1 step", "10 steps"]
    spec = draw_chart(steps, 3).to_dict()
    assert len(spec["layer"]) == 1 + 2 * 3
    points = spec["datasets"][spec["layer"][1]["data"]["name"]]
    assert [point["x"] for point in points] == [1.5, 2.5]  # between the frames


def test_charts_without_figures_are_left_out() -> None:
    still = PathFigures((0.0, 0.0), None, None, None)
    assert charts(rows(plain=still, s1=still), {"plain": PLAIN_LOOK, "1": PLAIN_LOOK}) == []


def test_looks_tell_rows_apart() -> None:
    looks = [row_look(row, REQUEST) for row in ("plain", "base", "1", "5", "10", "recommended", "ends")]
    assert len({(look.colour, tuple(look.dash)) for look in looks}) == len(looks)
    assert row_look("recommended", REQUEST).colour != row_look("5", REQUEST).colour


def test_the_table_has_every_row_and_a_dash_for_what_is_not_known() -> None:
    shown = rows(plain=PLAIN, s10=replace(FAR, ends_kept=None))
    plain, far = table(shown, {"plain": "No chain", "10": "After 10 steps"})
    assert list(plain.values()) == [unparted(text) for text in ("No chain", "1.50 ×", "0 %", "0 %", "100 %")]
    assert list(far.values()) == [unparted(text) for text in ("After 10 steps", "2.00 ×", "80 %", "80 %", "–")]


def test_mean_steps_are_named_where_there_are_any() -> None:
    assert row_title("base", REQUEST, None) == "Base space"
    assert row_title("base", replace(REQUEST, mean_steps=2), None) == "Base space, mean steps: 2"


def test_the_recommended_row_is_named_with_its_chain() -> None:
    row = report().recommended
    assert row is not None
    assert row_title("recommended", REQUEST, row).startswith("Recommended: calibrated chain")
    assert row_title("ends", replace(REQUEST, chain="recommended"), row) == "Path between corrected ends (recommended)"
