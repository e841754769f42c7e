"""What the first visitor of a server sees at once, while PyTorch and all that needs it is imported."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path

import streamlit as st

from latentdemo.files import working_folders
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.screens import heading, prior_alt, real_alt, screen_control, sheet, what_the_prior_is
from latentdemo.ui.overview.shipped import shipped, shipped_sheet
from latentdemo.ui.shell.navigation import OVERVIEW

SLOW = ("latentdemo.ui.evaluation.charts", "latentdemo.ui.overview.pictures")  # what the overview is waited for
READY = threading.Event()  # once everything is imported
DRAWN_WITHIN = 0.4  # seconds in which a browser draws the first screen


@contextmanager
def opening(page: str) -> Iterator[None]:
    """Show the first screen from what ships; once the browser has drawn it, let the block import what takes long, and
    begin the run anew.

    Where something else is asked for, or all is imported already, the block is all that happens.

    Args:
        page: address of the page that is asked for.
    """
    shown = not READY.is_set() and page == Path(OVERVIEW.script).stem and nothing_was_chosen() and default_is_shipped()
    if shown:
        draw()
        wait_until_drawn()
    yield
    if shown:
        for module in SLOW:
            import_module(module)
    READY.set()
    if shown:
        st.rerun()


def nothing_was_chosen() -> bool:
    """Whether the address asks for no data set, model, seed or screen, and neither do arguments of the demo."""
    return set(st.query_params) <= {"lang"} and not sys.argv[1:]


def default_is_shipped() -> bool:
    """Whether the model that is shown unless somebody chose another one is that of the shipped pictures."""
    if os.environ.get("LATENTDEMO_CHECKPOINTS"):
        return False
    configs = [folder / "checkpoints" / shipped().model / "config.json" for folder in working_folders()]
    try:
        content = next(config for config in configs if config.is_file()).read_text(encoding="utf-8")
        return json.loads(content)["sha256"] == shipped().model_sha256
    except (StopIteration, OSError, ValueError, KeyError, TypeError):
        return False


def wait_until_drawn() -> None:
    """End the first run of a session; the next one, that the browser asks for, goes on.

    An import holds Python's lock for up to half a second at a time, and what the browser has to fetch for the pictures
    would wait for that: they came up to 2 s later.
    """
    if "opened" not in st.session_state:
        st.session_state["opened"] = True
        run_again(count())
        st.stop()


@st.fragment(run_every=DRAWN_WITHIN)
def run_again(looks: Iterator[int]) -> None:
    """Begin the run anew at the second look, which the browser asks for."""
    if next(looks):
        st.rerun()


def draw() -> None:
    """The first screen, each part in the place where the page itself has it."""
    with st.sidebar:
        st.caption(_("The model is being loaded …"))
    model = shipped().model
    heading()
    screen_control(model)
    left, right = st.columns(2)
    with left:
        sheet(_("Real data"), shipped_sheet("real"), real_alt(model))
    with right:
        sheet(_("Straight from the prior"), shipped_sheet("prior"), prior_alt(model))
    st.markdown(what_the_prior_is())
