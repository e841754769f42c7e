"""The four figures of a verdict, each on a card of its own, under the sentence that they support."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from latentdemo.evaluation.findings.recommend import mix_shifts
from latentdemo.evaluation.report import CEILING, GAP, Report, Row
from latentdemo.ui.evaluation.verdict import best_chain, harms, in_space, told_of, verdict
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.figure_words import (
    figure_meaning,
    figure_title,
    figure_word,
    mean_text,
    milliseconds_text,
    space_title,
    value_text,
    with_unit,
)
from latentdemo.ui.i18n.kernel_words import capital, start_title, steps_taken, way_help, way_title
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
    """How much of the gap the recommended way closes, or the best one did, by the strictest judge."""
    told = told_of(report, report.recommended or report.rows[report.recommendation.best])
    if told.gap is None:
        note = _("There is no gap: the prior sample is no worse than the ceiling.")
        return Card(_("Quality gap closed"), "–", [note], figure_meaning(GAP))
    note = (
        _("0 % is the prior sample, 100 % the best that this decoder can do.")
        if report.recommended
        else _("At best; no reason to run it: {way}", way=way_title(told))
    )
    return Card(
        _("Quality gap closed"), value_text(GAP, told.gap.figure), [note, *judges(report, told)], figure_meaning(GAP)
    )


def judges(report: Report, told: Row) -> list[str]:
    """Which feature space is the strictest, and what the others say; nothing where there is but one."""
    if len(told.judged) < 2 or told.gap is None:
        return []
    others = [
        f"{space_title(space, report.spaces)} {mean_text(GAP, figures[GAP])}"
        for space, figures in told.judged.items()
        if space != told.gap.space
    ]
    return [
        _("Strictest judge: {judge}. The others: {others}.",
          judge=space_title(told.gap.space, report.spaces), others=", ".join(others))
    ]  # fmt: skip


def steps_card(report: Report) -> Card:
    """How many steps, of what."""
    row = report.recommended
    if row is None:
        return Card(_("Recommended steps"), "0", [_("Prior sample, no chain")], _("The prior sample itself."))
    if not row.kernel:
        note = _("Drawn directly from the {start}, no chain", start=start_title(row.start))
        return Card(_("Recommended steps"), "0", [note], way_help(row))
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
    meaning = _("Wall-clock time, drawing and decoding included, on {device}.", device=device_words(report.device))
    return Card(_("Cost per image"), with_unit(milliseconds_text(row.milliseconds), "ms"), [note], meaning)


def price_card(report: Report) -> Card:
    """The worst loss, in the feature space where it is the worst, else what became of the coverage."""
    harmed = harms(report)
    if not harmed:
        return coverage_card(report)
    worst, *others = harmed
    facts = [
        _("prior {value}", value=mean_text(worst.name, worst.before)),
        *ceiling_value(report, worst.name, worst.space),
    ]
    notes = [capital(", ".join(facts)) + (in_space(report, worst.space) if worst.space else "")]
    if others:
        notes.append(_("Worse, too: {figures}", figures=", ".join(figure_word(each.name) for each in others)))
    label = _("Worse: {figure}", figure=figure_word(worst.name))
    return Card(label, value_text(worst.name, worst.after), notes, figure_meaning(worst.name))


def coverage_card(report: Report) -> Card:
    """The coverage, in the first feature space, where no figure gets worse."""
    name, row = "coverage", told_of(report, report.recommended or report.prior)
    prior = told_of(report, report.prior)
    facts = [_("prior {value}", value=mean_text(name, prior.figures[name]))] if report.recommended else []
    facts += ceiling_value(report, name, next(iter(report.spaces)))
    notes = [capital(", ".join(facts))]
    if report.recommended:
        shifted = any(shift.low > 0.0 for shift in mix_shifts(prior, row).values())  # by the decoder, or it were a harm
        notes.append(
            _("No figure gets worse beyond chance but the mix of labels, where the decoder is the limit.")
            if shifted
            else _("No figure gets worse beyond chance.")
        )
    return Card(figure_title(name), value_text(name, row.figures[name]), notes, figure_meaning(name))


def ceiling_value(report: Report, name: str, space: str) -> list[str]:
    """A figure of the ceiling, as a list of one; empty where it was not measured of it."""
    found = report.references[CEILING].judged_by(space).get(name)
    return [_("ceiling {value}", value=mean_text(name, found))] if found else []


def show_verdict(report: Report) -> None:
    """The sentence, then four cards."""
    row = report.recommended
    st.subheader(verdict(report), anchor=False, help=way_help(row) if row else None)
    chain = best_chain(report)
    if chain:
        st.markdown(chain)
    for column, card in zip(st.columns(4), cards(report), strict=True):
        with column.container(border=True, height="stretch"):
            st.metric(card.label, card.value, help=card.meaning)
            for note in card.notes:
                st.caption(note)
