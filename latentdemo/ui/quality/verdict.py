"""The verdict on a model as cards, and a figure of it as a chart: what overview and quality page both show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from latentdemo.evaluation.report import GAP, Report
from latentdemo.ui.components.charts import Axis, curves_chart, legend
from latentdemo.ui.i18n.figure_words import axis_title, figure_title, value_text
from latentdemo.ui.i18n.kernel_words import way_help
from latentdemo.ui.i18n.words import _
from latentdemo.ui.quality.review import STEPS_AXIS, cards, curves, direct_draw, levels, marked_point, verdict

STEP_TICKS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
TIME_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # milliseconds


def show_verdict(report: Report) -> None:
    """The sentence, then four cards."""
    row = report.recommended
    st.subheader(verdict(report), anchor=False, help=way_help(row) if row else None)
    baseline = direct_draw(report)
    if baseline:
        st.markdown(baseline)
    for column, card in zip(st.columns(4), cards(report), strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(card.label, card.value, help=card.meaning)
            for note in card.notes:
                st.caption(note)


def mismatch(latent_space: Mapping[str, Any]) -> str:
    """Whether the prior and the learned latent distribution differ, in a sentence."""
    return {
        "match": _("No mismatch worth correcting: prior draws and real data can hardly be told apart."),
        "mild": _("A mild mismatch: prior draws and real data differ a little. Correcting may pay."),
        "mismatch": _("A mismatch worth correcting: prior draws and real data are easily told apart."),
    }[latent_space["verdict"]]


def gap_and_coverage(report: Report, shown: Sequence[str], axis: str) -> None:
    """What is gained and what is lost, side by side under one legend.

    Args:
        report: an evaluation.
        shown: keys of ways to sample.
        axis: steps or milliseconds.
    """
    names = (GAP if GAP in report.prior.figures else "frechet_distance", "coverage")
    drawn = {each.label: each for name in names for each in curves(report, shown, name, axis)}
    st.html(legend(list(drawn.values())))
    for column, name in zip(st.columns(2), names, strict=True):
        with column.container(border=True):
            figure_chart(report, shown, name, axis)


def figure_chart(report: Report, shown: Sequence[str], figure: str, axis: str) -> None:
    """One figure of the chosen ways."""
    drawn = curves(report, shown, figure, axis)
    if not drawn:
        st.info(_("None of the chosen ways has this figure."), icon=":material/info:")
        return
    by_steps = Axis(_("Steps"), "sqrt", STEP_TICKS)
    by_time = Axis(_("Milliseconds an image (logarithmic)"), "log", TIME_TICKS)
    row = report.recommended
    st.altair_chart(
        curves_chart(
            drawn,
            levels(report, figure),
            by_steps if axis == STEPS_AXIS else by_time,
            axis_title(figure),
            marked_point(report, figure, axis),
            _("Recommended"),
        ),
        alt=_("{figure} of {model}: {recommended}; the prior sample {prior}.",
              figure=figure_title(figure), model=report.model,
              recommended=value_text(figure, row.figures[figure]) if row and figure in row.figures else "–",
              prior=value_text(figure, report.prior.figures[figure]) if figure in report.prior.figures else "–"),
    )  # fmt: skip
