"""The evidence in two curves and a sentence, and what changes in the mix; technical names are for tooltips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import altair as alt
import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.ui.components.parts_chart import Part, parts_chart
from latentdemo.ui.evaluation.in_short import gain_chart, gain_in_words, gain_legend, gained, how_many
from latentdemo.ui.evaluation.mix import Sample, Shift, most_striking, per_cent, samples, striking, worst_first
from latentdemo.ui.i18n.kernel_words import way_help
from latentdemo.ui.i18n.words import _


def show_evidence(report: Report) -> None:
    """Two curves under one sentence and, where a mix was measured, what changes in it."""
    row, shift = report.recommended, striking_shift(report)
    st.subheader(gained(report), anchor=False, help=way_help(row) if row else None)
    if shift is None:
        with st.container(border=True):
            show_curves(report)
        return
    left, right = st.columns([3, 2])
    with left.container(border=True, height="stretch"):
        show_curves(report)
    with right.container(border=True, height="stretch"):
        show_shift(report, shift)


def show_curves(report: Report) -> None:
    """From the prior to the advised way, and the plain chain."""
    st.html(gain_legend(report))
    st.altair_chart(gain_chart(report), alt=gain_in_words(report))
    st.caption(how_many(report))


def striking_shift(report: Report) -> Shift | None:
    """The class whose share differs most from real data, other than by the decoder's doing; None where none does, or no
    mix was measured."""
    compared = samples(report)
    return most_striking(compared, worst_first(report), report.ceiling) if compared else None


def show_shift(report: Report, shift: Shift) -> None:
    """What becomes commoner or rarer than in real data, in a sentence and a bar for each way to sample."""
    said, chart, words = shift_told(report, shift)
    st.markdown(f"**{_('What changes in the mix')}**  \n{said}")
    st.altair_chart(chart, alt=words)


def shift_told(report: Report, shift: Shift) -> tuple[str, alt.LayerChart | alt.FacetChart, str]:
    """The sentence, the bars, and what the bars show in words."""
    compared = samples(report)
    parts = list(bars(report, shift, compared))
    ends = [f"{part.value:.0f} %" for part in parts]
    words = "; ".join(f"{part.bar}: {end}" for part, end in zip(parts, ends, strict=True))
    return striking(shift, compared[0], report), parts_chart(parts, ends, _("Share, %")), words


def bars(report: Report, shift: Shift, compared: Sequence[Sample]) -> Iterator[Part]:
    """The share of the class in real data, in what the decoder makes of real data, and in every way to sample."""
    real, *ways = compared
    ceiling = report.ceiling
    yield bar(_("Real data"), real, shift)
    if ceiling and shift.attribute in ceiling.mix:
        yield bar(_("Real, decoded"), replace(real, measured=ceiling), shift)
    for way in ways:
        yield bar(name_of(way, report), way, shift)


def name_of(sample: Sample, report: Report) -> str:
    """A way to sample in few words."""
    if sample.measured is report.prior:
        return _("Prior samples")
    if sample.measured is report.recommended:
        return _("As advised")
    steps = sample.measured.steps if isinstance(sample.measured, Row) else 0
    return _("Plain chain, {steps} steps", steps=steps)


def bar(name: str, sample: Sample, shift: Shift) -> Part:
    """The share of the class as a bar."""
    share = sample.share(shift.attribute, shift.index)
    return Part(name, name, sample.colour, 100.0 * share.mean, f"{per_cent(share)} %")
