"""The ways to sample of an evaluation as curves, and what these are compared with."""

from __future__ import annotations

from collections.abc import Sequence

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, GAP, HIGHER_IS_BETTER, REAL_DATA, Figures, Measured, Report, Row
from latentdemo.ui.components.curves import Curve, Level, Point
from latentdemo.ui.i18n.figure_words import milliseconds_text, value_text
from latentdemo.ui.i18n.kernel_words import capital, steps_taken, steps_text, way_key, way_rank, way_title
from latentdemo.ui.i18n.words import _

STEPS_AXIS, TIME_AXIS = "steps", "milliseconds"
STEP_TICKS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
STRICTEST = "strictest"  # stands for the judge that finds the least of the gap closed
HUNDRED = 100.0  # per cent of the gap that are closed at the ceiling, by definition


def figure_names(report: Report) -> list[str]:
    """All figures that any row has, those that can be better or worse first, as they are best read."""
    present = {name for row in report.rows for name in row.figures}
    return [name for name in HIGHER_IS_BETTER if name in present] + sorted(present - set(HIGHER_IS_BETTER))


def ways(report: Report) -> dict[str, Row]:
    """Key of a way to sample -> one of its rows, in the order of a legend; the prior sample is not one of its own."""
    rows = sorted((row for row in report.rows if not row.is_prior), key=way_rank)
    return {way_key(row): row for row in rows}


def usual_ways(report: Report) -> list[str]:
    """The ways that are shown unless someone chose others: each kernel in its plain form, and the recommended one."""
    recommended = way_key(report.recommended) if report.recommended else ""
    return [
        key
        for key, row in ways(report).items()
        if key == recommended or (row.kernel and row.start == "prior" and not row.options and row.stop_at is None)
    ]


def figures_by(measured: Measured, judge: str = STRICTEST) -> Figures:
    """All figures, those that need a feature space of a judge: a feature space, or `STRICTEST`."""
    return measured.judged_by(judge) if judge in measured.judged else measured.figures


def curves(report: Report, shown: Sequence[str], figure: str, axis: str, judge: str = STRICTEST) -> list[Curve]:
    """The chosen ways as curves of a figure; a chain from the prior begins at the prior sample."""
    made = []
    for key, first in ways(report).items():
        rows = [row for row in report.rows if not row.is_prior and way_key(row) == key]
        points = [
            point(row, figure, axis, judge)
            for row in [*beginnings(report, first), *rows]
            if figure in figures_by(row, judge)
        ]
        points = [each for each in points if axis == STEPS_AXIS or each.x > 0]
        if key in shown and any(figure in figures_by(row, judge) for row in rows) and points:
            ordered = sorted(points, key=lambda each: each.x)
            made.append(Curve(capital(way_title(first)), first.kernel, ordered, variant(first)))
    return made


def beginnings(report: Report, row: Row) -> list[Row]:
    """The row at step 0 of a chain: the prior sample, or the draw that it starts from."""
    if not row.kernel:
        return []
    return [each for each in report.rows if each.start == row.start and each.steps == 0]


def variant(row: Row) -> str:
    """Which dashes tell a way from its kernel's plain form."""
    if row.stop_at is not None:
        return "adaptive"
    if not row.kernel or (row.start == "prior" and not row.options):
        return "plain"
    return "options" if row.options else "start"


def point(row: Row, figure: str, axis: str, judge: str = STRICTEST) -> Point:
    """A row as a point of a curve."""
    value = figures_by(row, judge)[figure]
    cost = milliseconds_text(row.milliseconds)
    note = _("{steps} steps, {cost} ms an image: {value}",
             steps=steps_text(row), cost=cost, value=value_text(figure, value))  # fmt: skip
    return Point(steps_taken(row) if axis == STEPS_AXIS else row.milliseconds, value.mean, value.half_width, note)


def levels(report: Report, figure: str, judge: str = STRICTEST) -> list[Level]:
    """What the curves of a figure are compared with."""
    found = [(_("Prior"), "prior", figures_by(report.prior, judge).get(figure))]
    if figure == GAP:
        found.append((_("Ceiling"), "ceiling", Interval(HUNDRED) if found[0][2] else None))
    else:
        found.append((_("Ceiling"), "ceiling", figures_by(report.references[CEILING], judge).get(figure)))
        found.append((_("Real data"), "real", figures_by(report.references[REAL_DATA], judge).get(figure)))
    return [Level(label, kind, value.mean, value.half_width) for label, kind, value in found if value is not None]


def marked_point(report: Report, figure: str, axis: str, judge: str = STRICTEST) -> Point | None:
    """The recommended row on a chart."""
    row = report.recommended
    if row is None or figure not in figures_by(row, judge) or (axis == TIME_AXIS and row.milliseconds <= 0):
        return None
    return point(row, figure, axis, judge)
