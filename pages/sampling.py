"""Sampling: the same starting points after several numbers of chain steps, side by side."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report
from latentdemo.export import RunSettings
from latentdemo.export.settings import DRAWN, MOST_CHANGED_FIRST
from latentdemo.export.typeset import unparted
from latentdemo.imaging import data_uri
from latentdemo.sampling.starts import DATA, DENSITY, PRIOR
from latentdemo.ui.components.wipe import Side, wipe
from latentdemo.ui.controls.kernel import (
    kernel_caption,
    kernel_control,
    kernel_options,
    option_control,
    put_settings,
    put_way,
    recommended_button,
    steps_offered,
    stopping_control,
    take_settings,
    take_way,
    way_in_words,
)
from latentdemo.ui.export.popover import export_popover
from latentdemo.ui.i18n.figure_words import value_text
from latentdemo.ui.i18n.kernel_words import start_samples, start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.comparison import (
    Comparison,
    Request,
    Sheet,
    begin_comparison,
    blank_sheet,
    comparison_or_wait,
    gap_closed,
    real_sharpness,
    reported_sharpness,
)
from latentdemo.ui.shell.navigation import selection
from latentdemo.ui.shell.presentation import presenting
from latentdemo.ui.state.evaluated import report_of
from latentdemo.ui.state.selection import Selection

COUNTS = (16, 36, 64, 100, 256)
STEPS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
DEFAULT_STEPS = (0, 1, 5, 10)
SIDE_BY_SIDE, WIPE = VIEWS = ("sheets", "wipe")
USUAL: dict[str, Any] = {
    "start": PRIOR,
    "count": 36,
    "steps": list(DEFAULT_STEPS),
    "order": DRAWN,
    "view": SIDE_BY_SIDE,
}
ORDERS = (DRAWN, MOST_CHANGED_FIRST)
CARDS_A_ROW = 4


def explanation() -> None:
    """How to read the page."""
    with st.expander(_("How to read this"), icon=":material/help:"):
        st.markdown(
            _("Every sheet shows the same starting points in the same places. Step 0 decodes them as they are; every "
              "further step moves each of them once, in the way of the chosen kernel. “Moved” is the mean change of a "
              "pixel since step 0, in per cent of its range, with its standard error over the samples. Moving is not "
              "improving: look whether artifacts go, and whether the samples stay different from each other. Sharpness "
              "is the mean response of an edge filter, in grey values of 0 to 1: blur lowers it, torn edges raise it, "
              "and near that of real data is where it should be.")
        )  # fmt: skip


def way_controls(report: Report | None, starts: list[str]) -> None:
    """Kernel and starting point; they act at once, for the settings below depend on them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kernel_control()
        recommended_button(report, lambda row: {"start": row.start, "steps": sorted({0, row.steps})})
        st.selectbox(
            _("Starting point"), starts, key="start", format_func=start_title, width=180,
            help=_("Where the chains start: at random points of the prior, at draws from a density that was fitted to "
                   "encodings of real data, or at encodings of held-out images."),
        )  # fmt: skip
    kernel_caption()


def setting_controls(report: Report | None, chosen: Selection) -> None:
    """The other settings; they act when the button is pressed.

    Args:
        report: the model's evaluation.
        chosen: the model.
    """
    with st.form("settings"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Samples"), COUNTS, required=True, key="count",
            help=_("How many starting points are drawn."),
        )  # fmt: skip
        st.pills(
            _("Steps to compare"), steps_offered(report, STEPS), selection_mode="multi", key="steps", wrap=True,
            help=_("How many steps of the kernel. Step 0 shows the starting points."),
        )  # fmt: skip
        for option in kernel_options(chosen):
            option_control(option)
        stopping_control(report)
        st.segmented_control(
            _("Order"), ORDERS, required=True, key="order",
            format_func=lambda name: {DRAWN: _("as drawn"), MOST_CHANGED_FIRST: _("most changed first")}[name],
            help=_("By how much a sample has changed between step 0 and the last step shown. "
                   "All sheets keep the same order."),
        )  # fmt: skip
        st.form_submit_button(
            _("Compare"), type="primary", icon=":material/compare:",
            help=_("Draw the samples with the settings of this box."),
        )  # fmt: skip


def card(step: int, sheet: Sheet, request: Request, title: str, real: float | None, closed: Interval | None) -> None:
    """One step: its sheet and its figures."""
    with st.container(border=True, height="stretch"):
        st.subheader(_("Step {step}", step=step))
        st.image(sheet.png, alt=_("{model} at step {step}", model=title, step=step), width="stretch")
        st.caption(unparted("  \n".join(figures(step, sheet, request, real))))
        if closed:
            st.caption(_("Quality gap closed: **{share}**", share=value_text(GAP, closed)))


def figures(step: int, sheet: Sheet, request: Request, real: float | None) -> list[str]:
    """The figures of what is on screen, a line each."""
    lines = []
    if step == 0:
        lines.append(start_samples(str(request.spec.start)))
    else:
        lines.append(
            _("Moved {change} % ± {error} % since step 0",
              change=f"{sheet.change:.1f}", error=f"{sheet.change_error:.1f}")
        )  # fmt: skip
    if step and sheet.accepted is not None:
        lines.append(_("Accepted {share} % of moves", share=f"{sheet.accepted:.0f}"))
    if step and sheet.steps_taken is not None:
        lines.append(_("Took {steps} steps on average", steps=f"{sheet.steps_taken:.1f}"))
    sharpness = f"{sheet.sharpness:.3f}"
    if real is None:
        lines.append(_("Sharpness {sharpness}", sharpness=sharpness))
    else:
        lines.append(_("Sharpness {sharpness}, real data {real}", sharpness=sharpness, real=f"{real:.3f}"))
    lines.append(_("{cost} ms an image", cost=milliseconds(sheet)))
    return lines


def milliseconds(sheet: Sheet) -> str:
    """Time an image up to this step, with two or three digits that mean something."""
    return f"{sheet.milliseconds:.0f}" if sheet.milliseconds >= 10 else f"{sheet.milliseconds:.1f}"


def show_arriving(sheets: Mapping[int, bytes] | None, request: Request, shown: tuple[int, ...], side: int) -> None:
    """The cards as they will stand, with the pictures that have arrived, step -> PNG, of tiles of `side` pixels."""
    blank = blank_sheet(request.spec.count, side, request.layout)
    for first in range(0, len(shown), CARDS_A_ROW):
        row = shown[first : first + CARDS_A_ROW]
        for column, step in zip(st.columns(min(len(shown), CARDS_A_ROW)), row, strict=False):
            with column.container(border=True, height="stretch"):
                st.subheader(_("Step {step}", step=step))
                arrived = data_uri((sheets or {}).get(step, blank))  # a file might be gone too soon
                st.image(arrived, alt=_("Sampling …"), width="stretch")


def columns_for(count: int, cards: int) -> int:
    """Tiles a row: square sheets where there are two, tall ones where four must stand side by side."""
    return math.isqrt(count) if cards <= 2 else max(4, math.isqrt(count) // 2)


def show(comparison: Comparison, request: Request, shown: tuple[int, ...], title: str, report: Report | None) -> None:
    """The cards, then time and cost."""
    real = real_sharpness(report, comparison)
    closed = gaps_closed(report, request, shown)
    if request.order == MOST_CHANGED_FIRST:
        st.caption(
            _("Most changed first: the samples are in the order of their change from step 0 to step {step}, on every "
              "sheet alike.", step=max(shown))
        )  # fmt: skip
    before, *later = shown
    if later:
        view_control()
    if later and st.session_state["view"] == WIPE:
        wipe(side(before, comparison, title), [side(step, comparison, title) for step in later], len(later) - 1)
        shown = ()
    for first in range(0, len(shown), CARDS_A_ROW):
        row = shown[first : first + CARDS_A_ROW]
        for column, step in zip(st.columns(min(len(shown), CARDS_A_ROW)), row, strict=False):
            with column:
                card(step, comparison.sheets[step], request, title, real, closed.get(step))
    if report and closed:
        st.caption(
            _("The quality gap closed is from the model's evaluation, measured on {count} samples (± half of a "
              "95 % interval); 0 % is the prior sample, 100 % the best that this decoder can do. The other figures are "
              "of the samples above.",
              count=f"{report.count * len(report.seeds):,}")
        )  # fmt: skip
    last = max(request.steps)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(_("Time for {count} samples, {steps} steps", count=request.spec.count, steps=last),
                  f"{comparison.seconds:.2f} s", width="content")  # fmt: skip
        st.metric(_("Cost per image"), f"{milliseconds(comparison.sheets[last])} ms", width="content",
                  help=_("Measured when this picture was made, on the device named in the sidebar."))  # fmt: skip


def view_control() -> None:
    """Whether sheets stand side by side, or lie on each other up to a line."""
    titles = {SIDE_BY_SIDE: _("side by side"), WIPE: _("wipe")}
    st.segmented_control(
        _("View"), VIEWS, required=True, key="view", format_func=titles.__getitem__, label_visibility="collapsed",
        help=_("All steps beside each other, or a line to drag between the first and one of the others."),
    )  # fmt: skip


def side(step: int, comparison: Comparison, title: str) -> Side:
    """A step as one of the pictures of the wipe."""
    alt = _("{model} at step {step}", model=title, step=step)
    return Side(_("Step {step}", step=step), alt, comparison.sheets[step].png)


def gaps_closed(report: Report | None, request: Request, shown: tuple[int, ...]) -> dict[int, Interval]:
    """Shown step -> quality gap closed, where it was measured."""
    found = {step: gap_closed(report, request, step) for step in shown} if report else {}
    return {step: closed for step, closed in found.items() if closed}


def export_comparison(comparison: Comparison, request: Request, shown: tuple[int, ...], report: Report | None) -> None:
    """The exports; deck and PDF show the step that closes most of the gap, as far as that is known."""
    closed = gaps_closed(report, request, shown)
    run = RunSettings(
        request.model,
        request.digest,
        request.densities,
        request.spec,
        request.recorded,
        request.layout,
        {step: _("Step {step}", step=step) for step in shown},
    )
    export_popover(
        chosen,
        run,
        comparison.latents,
        comparison.pictures,
        in_words(request, shown),
        after=max(closed, key=lambda step: closed[step].mean, default=max(shown)),
    )


def in_words(request: Request, shown: tuple[int, ...]) -> dict[str, str]:
    """The settings as they stand on the page, for the speaker notes."""
    return {
        _("Starting point"): start_title(str(request.spec.start)),
        _("Steps to compare"): ", ".join(map(str, shown)),
        **way_in_words(request.spec),
    }


chosen = selection()
report = report_of(chosen)
starts = [PRIOR, DENSITY, *chosen.density_names, DATA]
way = take_way(report, chosen)
settings = take_settings(
    {"start": starts, "count": COUNTS, "steps": steps_offered(report, STEPS), "order": ORDERS, "view": VIEWS}, USUAL
)
shown = tuple(sorted(settings["steps"])) or DEFAULT_STEPS
request = Request(
    chosen.model,
    chosen.config.sha256,
    way.replaced(start=settings["start"], count=settings["count"], steps=max(shown), seed=chosen.seed),
    shown,
    columns_for(settings["count"], 2 if settings["view"] == WIPE else len(shown)),
    settings["order"],
    chosen.densities,
    held_out=reported_sharpness(report) is None,
)
begin_comparison(request)  # it goes on while the controls are drawn
if not presenting():
    st.title(_("Prior samples and chain samples"))
    explanation()
with st.sidebar if presenting() else st.container():  # the sidebar is hidden in a presentation
    way_controls(report, starts)
    setting_controls(report, chosen)
    put_way()
    put_settings(USUAL)
comparison = comparison_or_wait(
    request, lambda sheets: show_arriving(sheets, request, shown, chosen.config.network.image_size)
)
if comparison:
    show(comparison, request, shown, chosen.title, report)
    if not presenting():
        export_comparison(comparison, request, shown, report)
