"""What a recommended way to sample must keep to, as controls: the advice is then drawn anew from the same figures."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from latentdemo.evaluation.findings.recommend import Limits, recommend
from latentdemo.evaluation.report import GAP, Report
from latentdemo.ui.i18n.figure_words import value_text, with_unit
from latentdemo.ui.i18n.kernel_words import way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.link import NumberRange, put_in_link, take_from_link

EVERYTHING, CHAINS = COMPETING = ("all", "chains")
ANY, *SHARES = KEPT = ("any", "25", "50", "75")
MILLISECONDS, NO_LIMIT = NumberRange(0.0, 100_000.0), 0.0


def take_limits() -> Limits:
    """The limits, as the link or the controls say; call it before the controls, `limit_controls`."""
    take_from_link("competing", COMPETING, EVERYTHING)
    take_from_link("kept", KEPT, ANY)
    take_from_link("at_most", MILLISECONDS, NO_LIMIT)
    kept, at_most = st.session_state["kept"], st.session_state["at_most"]
    return Limits(
        chains_only=st.session_state["competing"] == CHAINS,
        start_kept=None if kept == ANY else int(kept) / 100,
        milliseconds=at_most or None,
    )


def within(report: Report, limits: Limits) -> Report:
    """The report with the advice that keeps to limits."""
    if limits == Limits():
        return report
    return replace(report, recommendation=recommend(report.rows, limits, ceiling=report.ceiling))


def limit_controls(measured: Report, limited: Report) -> None:
    """What a recommended way must keep to, and what is advised without.

    Args:
        measured: the evaluation.
        limited: the same with the advice that keeps to the limits.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Recommend among"), COMPETING, required=True, key="competing",
            format_func=lambda name: {EVERYTHING: _("all ways"), CHAINS: _("only chains")}[name],
            help=_("Draws from a fitted density need no chain. Leave them out to see which chain is the best buy."),
        )  # fmt: skip
        st.segmented_control(
            _("The start must survive"), KEPT, required=True, key="kept",
            format_func=lambda name: _("not needed") if name == ANY else with_unit(name, "%"),
            help=_("How much of the starting image must be left: a chain that keeps it changes a given sample, one "
                   "that does not makes another. Known of ways that start at the prior."),
        )  # fmt: skip
        st.number_input(
            _("At most, ms an image"), MILLISECONDS.least, MILLISECONDS.most, key="at_most", step=0.5, format="%.1f",
            width=230, help=_("The most that an image may cost on the device of the evaluation; 0 sets no limit."),
        )  # fmt: skip
    put_in_link("competing", EVERYTHING)
    put_in_link("kept", ANY)
    put_in_link("at_most", NO_LIMIT)
    row, told = measured.recommended, measured.told
    if row and told and row is not limited.recommended:
        st.caption(_("Without these limits: {way}, {gap} of the quality gap.",
                     way=way_phrase(row).rstrip(","), gap=value_text(GAP, told.figures[GAP])))  # fmt: skip
