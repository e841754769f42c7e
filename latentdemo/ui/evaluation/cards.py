"""The four figures of a verdict, each on a card of its own, under the sentence that they support."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from latentdemo.evaluation.report import CEILING, GAP, Report
from latentdemo.ui.evaluation.verdict import direct_draw, verdict, worst_harm
from latentdemo.ui.i18n.figure_words import (
    figure_meaning,
    figure_title,
    figure_word,
    mean_text,
    milliseconds_text,
    value_text,
)
from latentdemo.ui.i18n.kernel_words import capital, steps_taken, way_help, way_title
from latentdemo.ui.i18n.words import _


@dataclass(frozen=True)
class Card:
    """A figure that stands by itself.

    Attributes:
        label: what it is.
        value: how large.
        notes: what to know about it, a line each.
        meaning: what the figure says, for a tooltip; None where the label says it all.
    """

    label: str
    value: str
    notes: list[str]
    meaning: str | None = None


def cards(report: Report) -> list[Card]:
    """The four figures of a verdict: gain, steps, cost, and what it costs in quality."""
    return [gap_card(report), steps_card(report), cost_card(report), price_card(report)]


def gap_card(report: Report) -> Card:
    """How much of the gap the recommended way closes, or the best one did."""
    row = report.recommended or report.rows[report.recommendation.best]
    gap = value_text(GAP, row.figures[GAP]) if GAP in row.figures else "–"
    if GAP not in row.figures:
        note = _("There is no gap: the prior sample is no worse than the ceiling.")
    elif report.recommended:
        note = _("0 % is the prior sample, 100 % the best that this decoder can do.")
    else:
        note = _("At best; no reason to run it: {way}", way=way_title(row))
    return Card(_("Quality gap closed"), gap, [note], figure_meaning(GAP))


def steps_card(report: Report) -> Card:
    """How many steps, of what."""
    row = report.recommended
    if row is None:
        return Card(_("Recommended steps"), "0", [_("Prior sample, no chain")], _("The prior sample itself."))
    steps = (
        f"{steps_taken(row):g}" if row.stop_at is None else _("{average} on average", average=f"{steps_taken(row):.1f}")
    )
    return Card(_("Recommended steps"), steps, [capital(way_title(row))], way_help(row))


def cost_card(report: Report) -> Card:
    """Milliseconds an image."""
    row = report.recommended or report.prior
    note = (
        _("The prior sample: {cost} ms", cost=milliseconds_text(report.prior.milliseconds))
        if report.recommended
        else _("The prior sample, as it is")
    )
    meaning = _("Wall-clock time, drawing and decoding included, on {device}.", device=report.device)
    return Card(_("Cost per image"), f"{milliseconds_text(row.milliseconds)} ms", [note], meaning)


def price_card(report: Report) -> Card:
    """The worst loss, else what became of the coverage."""
    row, harm = report.recommended or report.prior, worst_harm(report)
    name = harm or "coverage"
    label = _("Worse: {figure}", figure=figure_word(name)) if harm else figure_title(name)
    ceiling = report.references[CEILING].get(name)
    facts = [_("prior {value}", value=mean_text(name, report.prior.figures[name]))] if report.recommended else []
    facts += [_("ceiling {value}", value=mean_text(name, ceiling))] if ceiling else []
    notes = [capital(", ".join(facts))]
    others = [figure_word(each) for each in report.recommendation.harms if each != harm]
    if others:
        notes.append(_("Worse, too: {figures}", figures=", ".join(others)))
    elif report.recommended and not harm:
        notes.append(_("No figure gets worse beyond chance."))
    return Card(label, value_text(name, row.figures[name]), notes, figure_meaning(name))


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
