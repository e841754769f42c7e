"""How chains walk, as controls: kernel, decoding, corruption, adaptive stopping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from latentdemo.sampling import KERNELS
from latentdemo.ui.i18n.names import kernel_name
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.comparison import DECODE_ENCODE
from latentdemo.ui.state.link import put_in_link, take_from_link

STOPS = {"off": None, "10": 0.1, "25": 0.25, "50": 0.5}  # name in the link -> share of real data
KERNEL_OPTIONS: dict[str, tuple] = {
    "kernel": tuple(KERNELS),
    "decoding": ("mean", "sample"),
    "corruption": ("off", "model"),
    "stop": tuple(STOPS),
}
USUAL_KERNEL = {"kernel": DECODE_ENCODE, "decoding": "mean", "corruption": "off", "stop": "off"}


def take_settings(options: Mapping[str, tuple], usual: Mapping[str, Any], corrupts: bool) -> dict[str, Any]:
    """Settings of a page, the kernel's among them; call it before their controls, and `put_settings` after them.

    The controls have their setting as key. A setting that the kernel or the model does not have is at its usual value.

    Args:
        options: setting -> what it can be.
        usual: setting -> what it is where nobody chose; a list where several options can be taken.
        corrupts: whether the model was trained to take noise away.
    """
    take_from_link("kernel", options["kernel"], usual["kernel"])
    for key in settings_of_kernel(usual):
        take_from_link(key, options[key], usual[key])
    chosen = {**usual, **{key: st.session_state[key] for key in settings_of_kernel(usual)}}
    return chosen if corrupts else chosen | {"corruption": usual["corruption"]}


def put_settings(usual: Mapping[str, Any]) -> None:
    """Write the settings that have controls into the address; `usual` as of `take_settings`."""
    for key in settings_of_kernel(usual):
        put_in_link(key, usual[key])


def settings_of_kernel(settings: Iterable[str]) -> list[str]:
    """Those of a page's settings that the chosen kernel has."""
    return [key for key in settings if decodes() or key not in {"decoding", "corruption"}]


def decodes() -> bool:
    """Whether the chosen kernel has the settings of decoding."""
    return st.session_state["kernel"] == DECODE_ENCODE


def kernel_control() -> None:
    """Which kernel."""
    st.selectbox(
        _("Kernel"), KERNEL_OPTIONS["kernel"], key="kernel", format_func=kernel_name, width=400,
        help=_("How the chain takes a step. None is the best for every model: look whether artifacts go, and what "
               "is kept of the starting points."),
    )  # fmt: skip


def decoding_control() -> None:
    """What the chain passes on."""
    st.segmented_control(
        _("Decoding"), KERNEL_OPTIONS["decoding"], required=True, key="decoding",
        format_func=decoding_name,
        help=_("What the chain passes on: the decoded mean image, or the image with the model's own noise."),
    )  # fmt: skip


def corruption_control() -> None:
    """Whether noise is added before each encode; for models that were trained so."""
    st.segmented_control(
        _("Corruption"), KERNEL_OPTIONS["corruption"], required=True, key="corruption", format_func=corruption_name,
        help=_("Denoising models only: add the noise of training before each encode."),
    )  # fmt: skip


def stopping_control() -> None:
    """Whether chains stop by themselves, and when."""
    st.segmented_control(
        _("Adaptive stopping"), KERNEL_OPTIONS["stop"], required=True, key="stop",
        format_func=lambda name: stop_name(STOPS[name]),
        help=_("Each chain rests once its latent is likelier than that share of real data: at 10 % it rests soon, "
               "at 50 % when it is as likely as the median real image. Later steps cannot spoil what rests."),
    )  # fmt: skip


def decoding_name(decoding: str) -> str:
    """What the chain passes on, in a word."""
    return {"mean": _("mean"), "sample": _("sampled")}[decoding]


def corruption_name(corruption: str) -> str:
    """Whether noise is added, in words."""
    return {"off": _("off"), "model": _("as trained")}[corruption]


def stop_name(share: float | None) -> str:
    """When chains stop by themselves, in words."""
    return _("off") if share is None else f"{100 * share:g} %"


def kernel_in_words(kernel: str, decoding: str, corruption: str, stop_at: float | None) -> dict[str, str]:
    """The settings of a kernel as a page names them: name -> value."""
    words = {_("Kernel"): kernel_name(kernel)}
    if kernel == DECODE_ENCODE:
        words |= {_("Decoding"): decoding_name(decoding), _("Corruption"): corruption_name(corruption)}
    return words | {_("Adaptive stopping"): stop_name(stop_at)}
