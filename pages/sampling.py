"""Sampling: the same starting points after several numbers of chain steps, side by side."""

import math
from typing import Any

import streamlit as st

from latentdemo.evaluation.report import GAP, Interval, Report
from latentdemo.sampling import KERNELS
from latentdemo.sampling.starts import PRIOR
from latentdemo.ui.comparison import (
    DECODE_ENCODE,
    MOST_CHANGED_FIRST,
    Comparison,
    Request,
    Sheet,
    comparison_or_wait,
    gap_closed,
    real_sharpness,
)
from latentdemo.ui.evaluated import evaluation_of
from latentdemo.ui.figure_words import value_text
from latentdemo.ui.kernel_words import kernel_help, start_title
from latentdemo.ui.link import put_in_link, take_from_link
from latentdemo.ui.names import STARTS, kernel_name, start_samples
from latentdemo.ui.navigation import selection
from latentdemo.ui.words import _

COUNTS = (16, 36, 64, 100, 256)
STEPS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
DEFAULT_STEPS = (0, 1, 5, 10)
STOPS = {"off": None, "10": 0.1, "25": 0.25, "50": 0.5}  # in the link -> share of real data
USUAL: dict[str, Any] = {
    "kernel": DECODE_ENCODE,
    "start": PRIOR,
    "count": 36,
    "steps": list(DEFAULT_STEPS),
    "decoding": "mean",
    "corruption": "off",
    "stop": "off",
    "order": "drawn",
}
OPTIONS: dict[str, tuple] = {
    "kernel": tuple(KERNELS),
    "start": STARTS,
    "count": COUNTS,
    "steps": STEPS,
    "decoding": ("mean", "sample"),
    "corruption": ("off", "model"),
    "stop": tuple(STOPS),
    "order": ("drawn", MOST_CHANGED_FIRST),
}
CARDS_A_ROW = 4


def way_controls() -> None:
    """Kernel and starting point; they act at once, for the settings below depend on them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Kernel"), OPTIONS["kernel"], key="kernel", format_func=kernel_name, width=400,
            help=_("How the chain takes a step. None is the best for every model: look whether artifacts go, and what "
                   "is kept of the starting points."),
        )  # fmt: skip
        st.segmented_control(
            _("Starting point"), OPTIONS["start"], required=True, key="start", format_func=start_title,
            help=_("Where the chains start: at random points of the prior, at draws from a density that was fitted to "
                   "encodings of real data, or at encodings of held-out images."),
        )  # fmt: skip
    st.caption(kernel_help(st.session_state["kernel"]))


def setting_controls(decodes: bool, corrupts: bool) -> None:
    """The other settings; they act when the button is pressed.

    Args:
        decodes: whether the kernel has the settings of decoding.
        corrupts: whether the model was trained to take noise away.
    """
    with st.form("settings"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Samples"), COUNTS, required=True, key="count",
            help=_("How many starting points are drawn."),
        )  # fmt: skip
        st.pills(
            _("Steps to compare"), STEPS, selection_mode="multi", key="steps",
            help=_("How many steps of the kernel. Step 0 shows the starting points."),
        )  # fmt: skip
        if decodes:
            st.segmented_control(
                _("Decoding"), OPTIONS["decoding"], required=True, key="decoding",
                format_func=lambda name: {"mean": _("mean"), "sample": _("sampled")}[name],
                help=_("What the chain passes on: the decoded mean image, or the image with the model's own noise."),
            )  # fmt: skip
            st.segmented_control(
                _("Corruption"), OPTIONS["corruption"], required=True, key="corruption", disabled=not corrupts,
                format_func=lambda name: {"off": _("off"), "model": _("as trained")}[name],
                help=_("Denoising models only: add the noise of training before each encode."),
            )  # fmt: skip
        st.segmented_control(
            _("Adaptive stopping"), OPTIONS["stop"], required=True, key="stop",
            format_func=lambda name: _("off") if name == "off" else f"{name} %",
            help=_("Each chain rests once its latent is likelier than that share of real data: at 10 % it rests soon, "
                   "at 50 % when it is as likely as the median real image. Later steps cannot spoil what rests."),
        )  # fmt: skip
        st.segmented_control(
            _("Order"), OPTIONS["order"], required=True, key="order",
            format_func=lambda name: {"drawn": _("as drawn"), MOST_CHANGED_FIRST: _("most changed first")}[name],
            help=_("By how much a sample has changed between step 0 and the last step shown. "
                   "All sheets keep the same order."),
        )  # fmt: skip
        st.form_submit_button(_("Compare"), type="primary", icon=":material/compare:")


def controls(corrupts: bool) -> dict[str, Any]:
    """All settings as of the last press; one that the kernel does not have is at its usual value."""
    take_from_link("kernel", OPTIONS["kernel"], USUAL["kernel"])
    decodes = st.session_state["kernel"] == DECODE_ENCODE
    shown = [key for key in USUAL if decodes or key not in {"decoding", "corruption"}]
    for key in shown:
        take_from_link(key, OPTIONS[key], USUAL[key])
    way_controls()
    setting_controls(decodes, corrupts)
    for key in shown:
        put_in_link(key, USUAL[key])
    chosen = {key: st.session_state[key] for key in shown}
    if not corrupts:
        chosen["corruption"] = USUAL["corruption"]
    return USUAL | chosen


def card(step: int, sheet: Sheet, request: Request, title: str, real: float | None, closed: Interval | None) -> None:
    """One step: its sheet and its figures."""
    with st.container(border=True, height="stretch"):
        st.subheader(_("Step {step}", step=step))
        st.image(sheet.png, alt=_("{model} at step {step}", model=title, step=step), width="stretch")
        st.caption("  \n".join(figures(step, sheet, request, real)))
        if closed:
            st.caption(_("Quality gap closed: **{share}**", share=value_text(GAP, closed)))


def figures(step: int, sheet: Sheet, request: Request, real: float | None) -> list[str]:
    """The figures of what is on screen, a line each."""
    lines = []
    if step == 0:
        lines.append(start_samples(request.start))
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


def columns_for(count: int, cards: int) -> int:
    """Tiles a row: square sheets where there are two, tall ones where four must stand side by side."""
    return math.isqrt(count) if cards <= 2 else max(4, math.isqrt(count) // 2)


def show(comparison: Comparison, request: Request, title: str, report: Report | None) -> None:
    """The cards, then time and cost, then the take-away."""
    real = real_sharpness(report, request.model)
    closed = {step: gap_closed(report, request, step) for step in comparison.sheets} if report else {}
    if request.order == MOST_CHANGED_FIRST:
        st.caption(
            _("Most changed first: the samples are in the order of their change from step 0 to step {step}, on every "
              "sheet alike.", step=max(comparison.sheets))
        )  # fmt: skip
    cards = list(comparison.sheets.items())
    for first in range(0, len(cards), CARDS_A_ROW):
        row = cards[first : first + CARDS_A_ROW]
        for column, (step, sheet) in zip(st.columns(min(len(cards), CARDS_A_ROW)), row, strict=False):
            with column:
                card(step, sheet, request, title, real, closed.get(step))
    if report and any(closed.values()):
        st.caption(
            _("The quality gap closed is from the model's evaluation, measured on {count} samples (± two standard "
              "errors); 0 % is the prior sample, 100 % the best that this decoder can do. The other figures are of the "
              "samples above.",
              count=f"{report.count * len(report.seeds):,}")
        )  # fmt: skip
    last = max(comparison.sheets)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(_("Time for {count} samples, {steps} steps", count=request.count, steps=last),
                  f"{comparison.seconds:.2f} s", width="content")  # fmt: skip
        st.metric(_("Cost per image"), f"{milliseconds(comparison.sheets[last])} ms", width="content",
                  help=_("Measured when this picture was made, on the device named in the sidebar."))  # fmt: skip
        st.download_button(
            _("Download PNG"),
            comparison.png,
            f"latentdemo-{request.model.replace('/', '-')}-{request.kernel}-seed{request.seed}.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )


chosen = selection()

st.title(_("Prior samples and chain samples"))
with st.expander(_("How to read this"), icon=":material/help:"):
    st.markdown(
        _("Every sheet shows the same starting points in the same places. Step 0 decodes them as they are; every "
          "further step moves each of them once, in the way of the chosen kernel. “Moved” is the mean change of a "
          "pixel since step 0, in per cent of its range, with its standard error over the samples. Moving is not "
          "improving: look whether artifacts go, and whether the samples stay different from each other. Sharpness is "
          "the mean response of an edge filter, in grey values of 0 to 1: blur lowers it, torn edges raise it, and "
          "near that of real data is where it should be.")
    )  # fmt: skip

settings = controls(bool(chosen.config.options.get("corruption_std")))
steps = tuple(sorted(settings["steps"])) or DEFAULT_STEPS
request = Request(
    chosen.model,
    chosen.config.sha256,
    chosen.seed,
    settings["count"],
    steps,
    columns_for(settings["count"], len(steps)),
    settings["kernel"],
    settings["start"],
    settings["decoding"],
    settings["corruption"],
    STOPS[settings["stop"]],
    settings["order"],
    chosen.densities,
)
comparison = comparison_or_wait(request)
if comparison:
    report = evaluation_of(chosen)
    show(comparison, request, chosen.title, report if isinstance(report, Report) else None)
