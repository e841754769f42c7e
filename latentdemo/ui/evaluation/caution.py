"""What an evaluation holds against a way to sample that is shown: that it does harm, or that less would do."""

from __future__ import annotations

import streamlit as st

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.ui.evaluation.verdict import gap_closed_text, leave_alone, told_of
from latentdemo.ui.i18n.figure_words import milliseconds_text
from latentdemo.ui.i18n.kernel_words import capital, way_phrase
from latentdemo.ui.i18n.words import _

WARNING = ":orange[:material/warning:]"


def show_caution(report: Report | None, row: Row | None) -> None:
    """Say what an evaluation holds against the way to sample of one of its rows, if anything."""
    words = caution(report, row) if report and row else ""
    if words:
        st.markdown(f"{WARNING} {words}")


def caution(report: Report, row: Row) -> str:
    """Why another way to sample should be shown than that of a row, in a sentence; empty where nothing speaks against
    it beyond chance."""
    advised, closed = report.recommended, told_of(report, row).figures.get(GAP)
    if closed is None or row == advised:
        return ""
    if advised is None:
        return leave_alone(report)
    facts = {
        "advised": way_phrase(advised).rstrip(","),
        "gap": gap_closed_text(report, advised),
        "cost": milliseconds_text(advised.milliseconds),
    }
    if closed.high < 0.0:
        return _("{way} makes samples of this model worse. Recommended is {advised}: it closes {gap} of the quality "
                 "gap at {cost} ms an image.", way=subject(row), **facts)  # fmt: skip
    if advised.milliseconds >= row.milliseconds:
        return ""
    return cheaper(closed, told_of(report, advised).figures[GAP], facts)


def cheaper(closed: Interval, by_advised: Interval, facts: dict[str, str]) -> str:
    """The sentence for a recommended way that costs less; empty where it closes less of the gap beyond chance."""
    if closed.below(by_advised):
        return _("Something cheaper is better: {advised} closes {gap} of the quality gap at {cost} ms an image.",
                 **facts)  # fmt: skip
    if by_advised.below(closed):
        return ""
    return _("Something cheaper is as good: {advised} closes {gap} of the quality gap at {cost} ms an image.", **facts)


def subject(row: Row) -> str:
    """A way to sample as the beginning of a sentence."""
    return capital(way_phrase(row).rstrip(","))
