"""Sampling: the same starting points after several numbers of chain steps, side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.export.settings import DRAWN, MOST_CHANGED_FIRST
from latentdemo.sampling.starts import DATA, DENSITY, PRIOR
from latentdemo.ui.components.sheets import StepSheet, View, after_steps, sheets
from latentdemo.ui.components.wipe import Side, wipe
from latentdemo.ui.controls.kernel import (
    KEPT,
    kernel_caption,
    kernel_control,
    kernel_options,
    open_on_best_chain,
    option_control,
    put_settings,
    put_way,
    recommended_button,
    steps_offered,
    stopping_control,
    take_settings,
    take_way,
)
from latentdemo.ui.evaluation.caution import show_caution
from latentdemo.ui.i18n.figure_words import milliseconds_text, value_text, with_unit
from latentdemo.ui.i18n.kernel_words import start_samples, start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.screens import prior_alt
from latentdemo.ui.runs.comparison import (
    BEFORE,
    Comparison,
    PriorSheet,
    Request,
    Sheet,
    begin_comparison,
    blank_sheet,
    comparison_or_wait,
)
from latentdemo.ui.runs.measured import gaps_closed, nearest_row, real_sharpness, reported_sharpness, same_points
from latentdemo.ui.sampling.export import export_comparison
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import selection
from latentdemo.ui.shell.presentation import presenting
from latentdemo.ui.state.evaluated import report_of
from latentdemo.ui.state.link import put_in_link, take_from_link
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


def head() -> None:
    """The title, and how to read the page."""
    with page_heading(_("Prior samples and chain samples")):
        how_to_read(
            _("Both sheets show the same starting points in the same places. Step 0 decodes them as they are; every "
              "further step moves each of them once, in the chosen way to sample. Where they are drawn from a density, "
              "the prior stands on the left. Point at a sample, or tap it, to see it large at every step. “Moved” is "
              "the mean change of a pixel since step 0, in per cent of its range, with its standard error over the "
              "samples. Moving is not improving: look whether artifacts go, and whether the samples stay different "
              "from each other. Sharpness is the mean response of an edge filter, in grey values of 0 to 1: blur "
              "lowers it, torn edges raise it, and near that of real data is where it should be.")
        )  # fmt: skip


def settings_of(row: Row) -> dict[str, Any]:
    """Settings of the page that show what a row of an evaluation is about."""
    return {"start": row.start, "steps": sorted({0, row.steps})}


def controls(report: Report | None, chosen: Selection, starts: list[str], shown: Sequence[int]) -> None:
    """What people change most in a row, the rest behind a button.

    Args:
        report: the model's evaluation.
        chosen: the model.
        starts: where chains can start.
        shown: steps that are shown.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        kernel_control()
        st.selectbox(
            _("Samples"), COUNTS, key="count", width=100,
            help=_("How many starting points are drawn."),
        )  # fmt: skip
        recommended_button(report, settings_of)
        with st.popover(_("Steps: {steps}", steps=", ".join(map(str, shown))), key="steps_shown"):
            st.pills(
                _("Steps to compare"), steps_offered(report, STEPS), selection_mode="multi", key="steps",
                persist_state=KEPT, wrap=True,
                help=_("How many steps are taken. Step 0 shows the starting points."),
            )  # fmt: skip
        with st.popover(_("More settings"), icon=":material/tune:"):
            more_settings(report, chosen, starts)


def more_settings(report: Report | None, chosen: Selection, starts: list[str]) -> None:
    """What people seldom change; as of `controls`."""
    kernel_caption()
    for option in kernel_options(chosen):
        option_control(option)
    st.selectbox(
        _("Starting point"), starts, key="start", persist_state=KEPT, format_func=start_title,
        help=_("Where the chains start: at random points of the prior, at draws from a density that was fitted to "
               "encodings of real data, or at encodings of held-out images."),
    )  # fmt: skip
    stopping_control(report)
    st.segmented_control(
        _("View"), VIEWS, required=True, key="view", persist_state=KEPT,
        format_func=lambda view: {SIDE_BY_SIDE: _("side by side"), WIPE: _("wipe")}[view],
        help=_("Two sheets beside each other, or a line to drag between the first and one of the others."),
    )  # fmt: skip
    st.segmented_control(
        _("Order"), ORDERS, required=True, key="order", persist_state=KEPT,
        format_func=lambda name: {DRAWN: _("as drawn"), MOST_CHANGED_FIRST: _("most changed first")}[name],
        help=_("By how much a sample has changed between step 0 and the last step shown. "
               "All sheets keep the same order."),
    )  # fmt: skip


def figures(step: int, sheet: Sheet, request: Request, real: float | None, closed: Interval | None) -> list[str]:
    """The figures of a step, one after the other; `real` is the sharpness of real data, `closed` the gap closed."""
    lines = []
    if step == 0:
        lines.append(start_samples(str(request.spec.start)))
    if closed:
        lines.append(_("Quality gap closed: {share}", share=value_text(GAP, closed)))
    if step:
        lines.append(
            _("Moved {change} % ± {error} % since step 0",
              change=f"{sheet.change:.1f}", error=f"{sheet.change_error:.1f}")
        )  # fmt: skip
    if step and sheet.accepted is not None:
        lines.append(_("Accepted {share} % of moves", share=f"{sheet.accepted:.0f}"))
    if step and sheet.steps_taken is not None:
        lines.append(_("Took {steps} steps on average", steps=f"{sheet.steps_taken:.1f}"))
    lines.append(sharpness_words(sheet.sharpness, real))
    lines.append(_("{cost} ms an image, here and now", cost=milliseconds_text(sheet.milliseconds)))
    return lines


def sharpness_words(sharpness: float, real: float | None) -> str:
    """How sharp pictures are, beside real data where that is known."""
    if real is None:
        return _("Sharpness {sharpness}", sharpness=f"{sharpness:.3f}")
    return _("Sharpness {sharpness}, real data {real}", sharpness=f"{sharpness:.3f}", real=f"{real:.3f}")


@st.fragment
def show_sheets(steps: Sequence[StepSheet], request: Request) -> None:
    """The sheets; the step and the sample that are chosen go into the link, without a run of the whole page."""
    after, samples = after_steps(each.step for each in steps), range(1, request.spec.count + 1)
    for key, options, usual in (("after", after, after[-1]), ("sample", samples, 1)):
        if st.session_state.get(key, usual) not in options:
            st.session_state[key] = usual  # there were other steps or more samples before
        take_from_link(key, options, usual)
    view = View(st.session_state["after"], st.session_state["sample"] - 1)
    now = sheets(steps, request.spec.count, request.columns, view, large=presenting())
    st.session_state.update(after=now.after, sample=now.sample + 1)
    put_in_link("after", after[-1])
    put_in_link("sample", 1)


def show_pictures(shown: Sequence[StepSheet], request: Request) -> None:
    """The sheets, in the view that is chosen."""
    if request.order == MOST_CHANGED_FIRST:
        st.caption(
            _("Most changed first: the samples are in the order of their change from step 0 to step {step}, on every "
              "sheet alike.", step=max(request.steps))
        )  # fmt: skip
    if st.session_state["view"] == WIPE and len(shown) > 1:
        before, *later = [Side(each.title, each.alt, each.png) for each in shown]
        wipe(before, later, len(later) - 1)
    else:
        show_sheets(shown, request)


def show_arriving(arrived: Mapping[int, bytes] | None, request: Request, title: str, side: int) -> None:
    """The sheets that have arrived, step -> PNG, and the places of the others, whose tiles have `side` pixels."""
    there, blank = arrived or {}, blank_sheet(request.spec.count, side, request.layout)

    def sheet(step: int) -> StepSheet:
        if step not in there:
            return StepSheet(step, blank, _("Not sampled yet"), awaited=True, drawn=step == 0 and request.draws_only)
        alt = prior_alt(title) if step == BEFORE else step_alt(title, step)
        return StepSheet(step, there[step], alt, drawn=step == 0 and request.draws_only)

    show_pictures([sheet(step) for step in ([BEFORE] if request.beside_prior else []) + list(request.steps)], request)


def show(comparison: Comparison, request: Request, title: str, report: Report | None) -> None:
    """The sheets, then time and cost."""
    real = real_sharpness(report, comparison)
    closed = gaps_closed(report, request)
    shown = [
        StepSheet(
            step,
            sheet.png,
            step_alt(title, step),
            figures(step, sheet, request, real, closed.get(step)),
            drawn=request.draws_only,
        )
        for step, sheet in comparison.sheets.items()
    ]
    if comparison.prior:
        shown.insert(0, prior_sheet(comparison.prior, request, title, real))
    with st.container():  # stands for that of the progress, so that the browser goes on with the sheets that it has
        show_pictures(shown, request)
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
                  with_unit(f"{comparison.seconds:.2f}", "s"), width="content")  # fmt: skip
        st.metric(_("Cost per image"), with_unit(milliseconds_text(comparison.sheets[last].milliseconds), "ms"),
                  width="content",
                  help=_("Measured when this picture was made, on the device named in the sidebar."))  # fmt: skip


def step_alt(title: str, step: int) -> str:
    """What the sheet of a step shows."""
    return _("{model} at step {step}", model=title, step=step)


def prior_sheet(sheet: PriorSheet, request: Request, title: str, real: float | None) -> StepSheet:
    """The prior beside draws from a density, with how the two belong together."""
    together = (
        _("Prior samples, from the same random points as the draws")
        if same_points(request)
        else _("Prior samples of the same seed; the draws are samples of their own")
    )
    return StepSheet(
        BEFORE,
        sheet.png,
        prior_alt(title),
        [together, sharpness_words(sheet.sharpness, real)],
    )


chosen = selection()
report = report_of(chosen)
starts = [PRIOR, DENSITY, *chosen.density_names, DATA]
open_on_best_chain(report, settings_of)
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
    math.isqrt(settings["count"]),
    settings["order"],
    chosen.densities,
    held_out=reported_sharpness(report) is None,
    beside_prior=settings["start"] in (DENSITY, *chosen.density_names),
)
begin_comparison(request)  # it goes on while the controls are drawn
if not presenting():
    head()
with st.sidebar if presenting() else st.container():  # the sidebar is hidden in a presentation
    controls(report, chosen, starts, shown)
    put_way()
    put_settings(USUAL)
show_caution(report, nearest_row(report, request, max(shown)))
comparison = comparison_or_wait(
    request, lambda arrived: show_arriving(arrived, request, chosen.title, chosen.config.network.image_size)
)
if comparison:
    show(comparison, request, chosen.title, report)
    if not presenting():
        export_comparison(chosen, comparison, request, report)
