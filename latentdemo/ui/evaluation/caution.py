"""What an evaluation holds against a way to sample that is shown: that it harms, or that a cheaper one is better."""

from __future__ import annotations

import streamlit as st

from latentdemo.evaluation.findings.recommend import nearer_by
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.ui.evaluation.verdict import gap_closed_text, leave_alone, told_of
from latentdemo.ui.i18n.figure_words import milliseconds_text
from latentdemo.ui.i18n.kernel_words import capital, way_phrase
from latentdemo.ui.i18n.words import _

LINE = ":orange[:material/warning:] :small[{words}]"


def show_caution(report: Report | None, row: Row | None) -> None:
    """Say what an evaluation holds against the way to sample of one of its rows, if anything."""
    words = caution(report, row) if report and row else ""
    if words:
        st.markdown(LINE.format(words=words))


def caution(report: Report, row: Row) -> str:
    """Why another way to sample should be shown than that of a row, in a sentence; empty where nothing speaks against
    it beyond chance."""
    advised, told = report.recommended, told_of(report, row)
    if told.gap is None or row == advised:
        return ""
    if advised is None:
        return leave_alone(report)
    facts = {
        "advised": way_phrase(advised).rstrip(","),
        "gap": gap_closed_text(report, advised),
        "cost": milliseconds_text(advised.milliseconds),
    }
    if nearer_by(told, told_of(report, report.prior)).high < 0.0:
        way = capital(way_phrase(row).rstrip(","))
        return _("{way} makes samples worse. Recommended: {advised} (gap closed: {gap}; {cost} ms an image when "
                 "evaluated).",
                 way=way, **facts)  # fmt: skip
    if advised.milliseconds < row.milliseconds and told.gap.figure.below(told_of(report, advised).figures[GAP]):
        return _("Cheaper and better: {advised} (gap closed: {gap}; {cost} ms an image when evaluated).", **facts)
    return ""
