"""Sampling: the same starting points after several numbers of chain steps, side by side."""

import math

import streamlit as st

from latentdemo.ui.comparison import Comparison, Request, Sheet, comparison_or_wait
from latentdemo.ui.link import put_in_link, take_from_link
from latentdemo.ui.navigation import selection
from latentdemo.ui.words import _

COUNTS = (16, 36, 64, 100, 256)
DEFAULT_COUNT = 36
STEPS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
DEFAULT_STEPS = (0, 1, 5, 10)
DECODINGS = ("mean", "sample")
CORRUPTIONS = ("off", "model")
SETTINGS: dict[str, tuple[tuple, object]] = {
    "count": (COUNTS, DEFAULT_COUNT),
    "steps": (STEPS, list(DEFAULT_STEPS)),
    "decoding": (DECODINGS, "mean"),
    "corruption": (CORRUPTIONS, "off"),
}
CARDS_A_ROW = 4


def controls(corrupts: bool) -> tuple[int, tuple[int, ...], str, str]:
    """The settings as of the last press: count, steps, decoding, corruption."""
    for key, (options, usual) in SETTINGS.items():
        take_from_link(key, options, usual)
    with st.form("settings"), st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.segmented_control(
            _("Samples"), COUNTS, required=True, key="count",
            help=_("How many starting points are drawn from the prior."),
        )  # fmt: skip
        steps = st.pills(
            _("Steps to compare"), STEPS, selection_mode="multi", key="steps",
            help=_("One step is one decode and one encode. Step 0 is the prior sample."),
        )  # fmt: skip
        decoding = st.segmented_control(
            _("Decoding"), DECODINGS, required=True, key="decoding",
            format_func=lambda name: {"mean": _("mean"), "sample": _("sampled")}[name],
            help=_("What the chain passes on: the decoded mean image, or the image with the model's own noise."),
        )  # fmt: skip
        corruption = st.segmented_control(
            _("Corruption"), CORRUPTIONS, required=True, key="corruption", disabled=not corrupts,
            format_func=lambda name: {"off": _("off"), "model": _("as trained")}[name],
            help=_("Denoising models only: add the noise of training before each encode."),
        )  # fmt: skip
        st.form_submit_button(_("Compare"), type="primary", icon=":material/compare:")
    for key, (_options, usual) in SETTINGS.items():
        put_in_link(key, usual)
    assert count is not None
    assert decoding is not None
    assert corruption is not None
    return count, tuple(sorted(steps)) or DEFAULT_STEPS, decoding, corruption if corrupts else "off"


def card(step: int, sheet: Sheet, title: str) -> None:
    """One step: its sheet and its figures."""
    with st.container(border=True, height="stretch"):
        st.subheader(_("Step {step}", step=step))
        st.image(sheet.png, alt=_("{model} at step {step}", model=title, step=step), width="stretch")
        if step == 0:
            st.caption(_("Prior samples, the starting points"))
        else:
            st.caption(
                _("Moved {change} % ± {error} % since step 0",
                  change=f"{sheet.change:.1f}", error=f"{sheet.change_error:.1f}")
            )  # fmt: skip
        st.caption(_("{cost} ms an image", cost=milliseconds(sheet)))


def milliseconds(sheet: Sheet) -> str:
    """Time an image up to this step, with two or three digits that mean something."""
    return f"{sheet.milliseconds:.0f}" if sheet.milliseconds >= 10 else f"{sheet.milliseconds:.1f}"


def columns_for(count: int, cards: int) -> int:
    """Tiles a row: square sheets where there are two, tall ones where four must stand side by side."""
    return math.isqrt(count) if cards <= 2 else max(4, math.isqrt(count) // 2)


def show(comparison: Comparison, request: Request, title: str) -> None:
    """The cards, then time and cost, then the take-away."""
    cards = list(comparison.sheets.items())
    for start in range(0, len(cards), CARDS_A_ROW):
        row = cards[start : start + CARDS_A_ROW]
        for column, (step, sheet) in zip(st.columns(min(len(cards), CARDS_A_ROW)), row, strict=False):
            with column:
                card(step, sheet, title)
    last = max(comparison.sheets)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(_("Time for {count} samples, {steps} steps", count=request.count, steps=last),
                  f"{comparison.seconds:.2f} s", width="content")  # fmt: skip
        st.metric(_("Cost per image"), f"{milliseconds(comparison.sheets[last])} ms", width="content",
                  help=_("Measured when this picture was made, on the device named in the sidebar."))  # fmt: skip
        st.download_button(
            _("Download PNG"),
            comparison.png,
            f"latentdemo-{request.model.replace('/', '-')}-seed{request.seed}.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )


chosen = selection()

st.title(_("Prior samples and chain samples"))
with st.expander(_("How to read this"), icon=":material/help:"):
    st.markdown(
        _("Every sheet shows the same starting points in the same places. Step 0 decodes them as they are. "
          "At each further step the chain decodes and encodes again. “Moved” is the mean change of a pixel since "
          "step 0, in per cent of its range, with its standard error over the samples. Moving is not improving: "
          "look whether artifacts go, and whether the samples stay different from each other.")
    )  # fmt: skip

count, steps, decoding, corruption = controls(bool(chosen.config.options.get("corruption_std")))
request = Request(
    chosen.model,
    chosen.config.sha256,
    chosen.seed,
    count,
    steps,
    columns_for(count, len(steps)),
    decoding,
    corruption,
)
comparison = comparison_or_wait(request)
if comparison:
    show(comparison, request, chosen.title)
