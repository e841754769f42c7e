"""Rows of an interpolation in words, and what is told of them in sentences, lines and a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from latentdemo.evaluation.metrics.path import PathFigures
from latentdemo.evaluation.report import Row
from latentdemo.sampling.interpolation import PathKind
from latentdemo.ui.components.charts import Look, style_of
from latentdemo.ui.i18n.figure_words import with_unit
from latentdemo.ui.i18n.kernel_words import steps_text, way_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.interpolation.charts import (
    ADVISED_DASH,
    BASE_LOOK,
    ENDS_DASH,
    OWN_DASH,
    PLAIN_LOOK,
    STEP_LOOKS,
    Line,
    PathChart,
)
from latentdemo.ui.interpolation.paths import PathRow
from latentdemo.ui.interpolation.request import ADVISED, BASE, CHAINS, ENDS, OWN, PLAIN, Request

Rows = Mapping[str, PathRow]


def path_name(path: PathKind) -> str:
    """A form of path."""
    return {"spherical": _("spherical"), "linear": _("linear"), "base": _("base space")}[path]


def row_name(row: str) -> str:
    """A row, short."""
    names = {PLAIN: _("no chain"), BASE: _("base space"), ADVISED: _("recommended"), OWN: _("another chain")}
    names |= {ENDS: _("corrected ends")}
    return names.get(row, _("1 step") if row == "1" else "") or _("{steps} steps", steps=row)


def row_title(row: str, request: Request, advised: Row | None) -> str:
    """A row as its heading."""
    if row == PLAIN:
        return _("No chain")
    if row == BASE:
        return base_title(request.mean_steps)
    if row == ENDS:
        return _("Path between corrected ends ({chain})", chain=row_name(request.chain))
    if row == ADVISED and advised is not None:
        return _("Recommended: {way}, {steps} steps", way=way_title(advised), steps=steps_text(advised))
    if row == OWN and request.own is not None:
        own = Row({}, spec=request.own)
        return _("Another chain: {way}, {steps} steps", way=way_title(own), steps=own.steps)
    return _("After 1 step") if row == "1" else _("After {steps} steps", steps=row)


def base_title(mean_steps: int) -> str:
    """The path through the base space, as a heading."""
    if not mean_steps:
        return _("Base space")
    return _("Base space, mean steps: {steps}", steps=mean_steps)


def row_look(row: str, request: Request) -> Look:
    """The line that stands for a row."""
    if row == PLAIN:
        return PLAIN_LOOK
    if row == BASE:
        return BASE_LOOK
    if row == ENDS:
        return Look(style_of(str(request.way.kernel)).colour, ENDS_DASH, 2.5)
    if row == OWN:
        return Look(style_of(str(request.own.kernel) if request.own else "").colour, OWN_DASH, 2.5)
    if row == ADVISED:
        return Look(style_of(str(request.advised.kernel) if request.advised else "").colour, ADVISED_DASH, 3.0)
    return STEP_LOOKS[int(row)]


def row_note(row: str, figures: PathFigures) -> str:
    """The figures of a row in a line."""
    notes = []
    if figures.largest_jump:
        notes.append(_("largest jump {jump} × the mean step", jump=f"{figures.largest_jump:.1f}"))
    if row != PLAIN and figures.ends_kept is not None:
        notes.append(_("{kept} % of the ends left", kept=kept(figures)))
    return " · ".join(notes)


def summary(rows: Rows) -> list[str]:
    """Which of the other paths still connect the two pictures, in sentences."""
    others = {row: found.figures for row, found in rows.items() if row == BASE or row in CHAINS}
    if rows[PLAIN].figures.ends_kept is None:
        return [_("Both ends are the same picture: there is no way between them.")]
    connecting = [row for row, figures in others.items() if figures.connects]
    broken = [row for row, figures in others.items() if not figures.connects]
    sentences = []
    if connecting:
        sentences.append(_("The path still connects the two pictures that you chose: {rows}.",
                           rows=rows_left(connecting, others)))  # fmt: skip
    if broken:
        sentences.append(_("The path no longer connects the two pictures that you chose: {rows}.",
                           rows=rows_left(broken, others)))  # fmt: skip
    return sentences


def rows_left(rows: Sequence[str], figures: Mapping[str, PathFigures]) -> str:
    """Rows, each with how much it leaves of the ends."""
    return _("; ").join(
        _("{row} ({kept} % of them left at the ends)", row=row_name(row), kept=kept(figures[row])) for row in rows
    )


def charts(rows: Rows, looks: Mapping[str, Look]) -> list[PathChart]:
    """What the eye sees along the path, as charts; one that no row has figures for is left out."""
    made = [steps_chart(rows, looks), shift_chart(rows, looks)]
    return [chart for chart in made if chart.lines]


def steps_chart(rows: Rows, looks: Mapping[str, Look]) -> PathChart:
    """How far each frame is from the next."""
    unit = fmean(rows[PLAIN].figures.steps)
    return PathChart(
        _("Step to the next frame"),
        _("Distance between neighbouring frames in the features of a classifier of these data (of pixels where there "
          "is none), in units of the mean step without a chain. An even path is a flat line."),
        [line(row, looks, [step / unit for step in found.figures.steps], "{:.2f}") for row, found in rows.items()]
        if unit else [],
        1.0, _("mean step without a chain"),
    )  # fmt: skip


def shift_chart(rows: Rows, looks: Mapping[str, Look]) -> PathChart:
    """How far the frames are from where they were without a chain."""
    return PathChart(
        _("Distance from the path without a chain, in per cent"),
        _("Mean change of a pixel since the same frame without a chain, in per cent of the difference between A and B. "
          "Where a line is high at A or B, the chain has changed that end."),
        [
            line(row, looks, [100 * share for share in found.figures.image_shift], with_unit("{:.0f}", "%"))
            for row, found in rows.items()
            if row != PLAIN and found.figures.image_shift
        ],
        100.0, _("as far as A is from B"),
    )  # fmt: skip


def line(row: str, looks: Mapping[str, Look], values: Sequence[float], form: str) -> Line:
    """Figures of a row, one a frame or one a step."""
    return Line(row_name(row), looks[row], values, [form.format(value) for value in values])


def table(rows: Rows, titles: Mapping[str, str]) -> list[dict[str, str]]:
    """All figures, a dictionary a row: column in words -> text."""
    return [{_("Row"): titles[row]} | cells(found.figures) for row, found in rows.items()]


def cells(figures: PathFigures) -> dict[str, str]:
    """The figures of a row."""
    return {
        _("Largest jump"): with_unit(f"{figures.largest_jump:.2f}", "×") if figures.largest_jump else "–",
        _("Image off the path"): mean_text(figures.image_shift or ()),
        _("Latent off the path"): mean_text(figures.latent_shift or ()),
        _("Left of the ends"): "–" if figures.ends_kept is None else with_unit(kept(figures), "%"),
    }


def mean_text(shares: Sequence[float]) -> str:
    """Mean of shares in per cent, or a dash where there are none."""
    return with_unit(percent(fmean(shares)), "%") if shares else "–"


def percent(share: float) -> str:
    """A share as a whole number of per cent."""
    return f"{100 * share:.0f}"


def kept(figures: PathFigures) -> str:
    """How much is left of the ends, in whole per cent that are reached; no less than nothing."""
    assert figures.ends_kept is not None
    return f"{math.floor(100 * max(figures.ends_kept, 0.0))}"
