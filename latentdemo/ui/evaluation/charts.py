"""A figure of an evaluation as a chart, and what is gained and lost side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from latentdemo.evaluation.report import Report
from latentdemo.ui.components.curves import Axis, curves_legend
from latentdemo.ui.components.curves_chart import curves_chart
from latentdemo.ui.evaluation.curves import (
    STEP_TICKS,
    STEPS_AXIS,
    STRICTEST,
    curves,
    figures_by,
    levels,
    marked_point,
)
from latentdemo.ui.i18n.figure_words import axis_title, figure_title, value_text
from latentdemo.ui.i18n.words import _

TIME_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # milliseconds


def gap_and_coverage(report: Report, shown: Sequence[str], axis: str, judge: str = STRICTEST) -> None:
    """What is gained and what is lost, side by side under one legend.

    Args:
        report: an evaluation.
        shown: keys of ways to sample.
        axis: steps or milliseconds.
        judge: a feature space, or `STRICTEST`.
    """
    names = (report.gain, "coverage")
    drawn = {each.label: each for name in names for each in curves(report, shown, name, axis, judge)}
    st.html(curves_legend(list(drawn.values())))
    for column, name in zip(st.columns(2), names, strict=True):
        with column.container(border=True):
            figure_chart(report, shown, name, axis, judge)


def figure_chart(report: Report, shown: Sequence[str], figure: str, axis: str, judge: str = STRICTEST) -> None:
    """One figure of the chosen ways."""
    drawn = curves(report, shown, figure, axis, judge)
    if not drawn:
        st.info(_("None of the chosen ways has this figure."), icon=":material/info:")
        return
    by_steps = Axis(_("Steps"), "sqrt", STEP_TICKS)
    by_time = Axis(_("Milliseconds an image (logarithmic)"), "log", TIME_TICKS)
    row, prior = report.recommended, figures_by(report.prior, judge)
    best = figures_by(row, judge) if row else {}
    st.altair_chart(
        curves_chart(
            drawn,
            levels(report, figure, judge),
            by_steps if axis == STEPS_AXIS else by_time,
            axis_title(figure),
            marked_point(report, figure, axis, judge),
            _("Recommended"),
        ),
        alt=_("{figure} of {model}: {recommended}; the prior sample {prior}.",
              figure=figure_title(figure), model=report.model,
              recommended=value_text(figure, best[figure]) if figure in best else "–",
              prior=value_text(figure, prior[figure]) if figure in prior else "–"),
    )  # fmt: skip
