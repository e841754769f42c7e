"""The chart of the quality page: what every way to sample gains and keeps against its time."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from latentdemo.evaluation.findings.frontier import frontier
from latentdemo.evaluation.report import GAP, HIGHER_IS_BETTER, Report, Row
from latentdemo.export.story import LEAST_SHOWN
from latentdemo.ui.components.curves import Axis
from latentdemo.ui.components.frontier_chart import Cut, Way, frontier_chart, frontier_legend
from latentdemo.ui.evaluation.charts import TIME_TICKS
from latentdemo.ui.evaluation.curves import HUNDRED, levels
from latentdemo.ui.i18n.figure_words import axis_title, figure_title, milliseconds_text, value_text
from latentdemo.ui.i18n.kernel_words import capital, kernel_title, start_title, steps_text, way_title
from latentdemo.ui.i18n.words import _

WORST_DISTANCE = 1.5  # times the prior's; of models without a gap
EDGE = 0.08  # of the axis is left for them
HEIGHTS = {"coverage": 240}  # pixels of a chart
USUAL_HEIGHT = 380


def show_frontier(report: Report) -> None:
    """Gap closed, and coverage under it, against milliseconds an image."""
    gain = report.gain
    names = [name for name in (gain, "coverage") if timed(report, name)]
    if not names:
        return
    st.header(_("Every way to sample: quality against time"), anchor=False)
    cut = cut_of(report, gain) if gain in names else Cut()
    with st.container(border=True):
        st.html(frontier_legend(drawn(report, names[0]), _("Prior sample"), _("beyond the axis"), cut))
        for name in names:
            show_chart(report, name, cut if name == gain else Cut())
    st.caption(" ".join(explained(report, gain, cut)))


def timed(report: Report, figure: str) -> list[Row]:
    """The rows that have a figure and a time."""
    return [row for row in report.rows if figure in row.figures and row.milliseconds > 0]


def show_chart(report: Report, figure: str, cut: Cut) -> None:
    """One figure against time."""
    compared = [level for level in levels(report, figure) if level.kind != "real"]
    axis = Axis(_("Milliseconds an image (logarithmic)"), "log", TIME_TICKS)
    title = _("Gap closed, % (strictest judge)") if figure == GAP and len(report.spaces) > 1 else axis_title(figure)
    best = "; ".join(
        _("{way}: {value} at {cost} ms", way=label(row), value=value_text(figure, row.figures[figure]),
          cost=milliseconds_text(row.milliseconds))
        for row in frontier(timed(report, figure), figure)
    )  # fmt: skip
    st.altair_chart(
        frontier_chart(drawn(report, figure), compared, axis, title, cut, HEIGHTS.get(figure, USUAL_HEIGHT)),
        alt=_("{figure} of {model} against time. No other way is both cheaper and better than these: {ways}.",
              figure=figure_title(figure), model=report.model, ways=best),
    )  # fmt: skip


def drawn(report: Report, figure: str) -> list[Way]:
    """All ways as marks of a figure."""
    rows = timed(report, figure)
    worth = frontier(rows, figure)
    return [
        replace(way(row, figure), worth=any(row is each for each in worth), marked=row is report.recommended)
        for row in rows
    ]


def way(row: Row, figure: str) -> Way:
    """A row as a mark."""
    found = row.figures[figure]
    note = _("{steps} steps, {cost} ms an image: {value}",
             steps=steps_text(row), cost=milliseconds_text(row.milliseconds),
             value=value_text(figure, found))  # fmt: skip
    title = _("Prior sample") if row.is_prior else capital(way_title(row))
    kernel = None if row.is_prior else row.kernel
    return Way(
        row.milliseconds,
        found.mean,
        found.low,
        found.high,
        label(row),
        title,
        note,
        kernel,
        capital(kernel_title(row.kernel)),
    )


def label(row: Row) -> str:
    """A way in few words, with its steps."""
    if row.is_prior:
        return _("prior")
    if not row.kernel:
        return start_title(row.start)
    return _("{way}, {steps}", way=way_title(row), steps=steps_text(row))


def cut_of(report: Report, gain: str) -> Cut:
    """Where the axis of what is gained ends: at the worst way that does not collapse."""
    found = [row.figures[gain].mean for row in timed(report, gain)]
    if HIGHER_IS_BETTER[gain]:
        low = min([0.0, *(value for value in found if value >= LEAST_SHOWN)])
        return Cut(low=low - EDGE * (HUNDRED - low)) if min(found) < LEAST_SHOWN else Cut()
    most = WORST_DISTANCE * report.prior.figures[gain].mean
    high = max(value for value in found if value <= most)
    return Cut(high=(1.0 + EDGE) * high) if max(found) > most else Cut()


def explained(report: Report, gain: str, cut: Cut) -> list[str]:
    """How to read the chart, a sentence each."""
    said = [
        _("Each mark is a way to sample; whiskers are 95 % intervals over {count} repetitions. The line joins the ways "
          "that no other one beats in both time and quality, with the number of their steps; the ring marks what is "
          "recommended.", count=len(report.seeds))
    ]  # fmt: skip
    beyond = sum(cut.beyond(each) for each in drawn(report, gain))
    if beyond == 1:
        said.append(_("One way does far worse than the axis shows and stands at its edge; its tooltip has the value."))
    elif beyond:
        said.append(_("{count} ways do far worse than the axis shows and stand at its edge; their tooltips have the "
                      "values.", count=beyond))  # fmt: skip
    return said
