"""The evidence in two curves and a sentence, and what changes in the mix; technical names are for tooltips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import streamlit as st

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import Report, Row
from latentdemo.ui.components.charts import DIRECT, Look, legend, line_swatch, swatch_image
from latentdemo.ui.components.curves import Axis, Level
from latentdemo.ui.components.curves_chart import curves_chart
from latentdemo.ui.components.parts_chart import Part, parts_chart
from latentdemo.ui.evaluation.charts import STEP_TICKS
from latentdemo.ui.evaluation.curves import STEPS_AXIS, levels, marked_point
from latentdemo.ui.evaluation.in_short import gained, two_curves
from latentdemo.ui.evaluation.mix import Sample, Shift, most_striking, per_cent, samples, striking, worst_first
from latentdemo.ui.evaluation.verdict import told_of
from latentdemo.ui.i18n.figure_words import axis_title, value_text
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
    drawn, compared = two_curves(report), compared_with(report)
    row, figure = report.recommended, report.gain
    chain = row is not None and bool(row.kernel)
    entries = [(swatch_image(curve.swatch), curve.label) for curve in drawn]
    if row and not row.kernel:
        entries.append((swatch_image(line_swatch(Look(DIRECT.colour, []))), _("Advised: no chain")))
    st.html(legend(entries))
    st.altair_chart(
        curves_chart(
            drawn,
            compared,
            Axis(_("Chain steps"), "sqrt", STEP_TICKS),
            axis_title(figure),
            marked_point(report, figure, STEPS_AXIS) if chain else None,
            _("Advised"),
            reach=max((each.steps for each in report.rows if each.is_plain), default=0),
        ),
        alt="; ".join(_("{name}: {value}", name=each.label, value=value_text(figure, Interval(each.value)))
                      for each in compared),
    )  # fmt: skip
    st.caption(
        _("{count} samples, {seeds} repetitions; bands are 95 % intervals.",
          count=f"{report.count * len(report.seeds):,}", seeds=len(report.seeds))
    )  # fmt: skip


def compared_with(report: Report) -> list[Level]:
    """What the curves lie between, in plain words, and the advised way where it takes no step."""
    names = {"prior": _("Prior samples"), "ceiling": _("Best possible"), "real": _("Real data")}
    found = [replace(level, label=names[level.kind], half_width=None) for level in levels(report, report.gain)]
    row = report.recommended
    if row and not row.kernel:
        figure = told_of(report, row).figures[report.gain]
        found.append(Level(_("Advised"), "draw", figure.mean, figure.half_width))
    return found


def striking_shift(report: Report) -> Shift | None:
    """The class whose share differs most from real data, other than by the decoder's doing; None where none does, or no
    mix was measured."""
    compared = samples(report)
    return most_striking(compared, worst_first(report), report.ceiling) if compared else None


def show_shift(report: Report, shift: Shift) -> None:
    """What becomes commoner or rarer than in real data, in a sentence and a bar for each way to sample."""
    compared = samples(report)
    said = striking(shift, compared[0], report)
    parts = list(bars(report, shift, compared))
    st.markdown(f"**{_('What changes in the mix')}**  \n{said}")
    ends = [f"{part.value:.0f} %" for part in parts]
    st.altair_chart(
        parts_chart(parts, ends, _("Share, %")),
        alt="; ".join(f"{part.bar}: {end}" for part, end in zip(parts, ends, strict=True)),
    )


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
