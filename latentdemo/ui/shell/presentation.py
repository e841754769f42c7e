"""Presentation mode: larger, without menus and sidebar, led by the keyboard or a presenter's remote control."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.link import put_in_link, take_from_link

ON, OFF = "on", "off"
STYLE = """
<style>
html { font-size: 125% !important; }
[data-testid="stHeader"], [data-testid="stSidebar"], [data-testid="stElementToolbar"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 1rem 3vw; }
[data-testid="stImage"] img { max-height: 56vh; object-fit: contain; }
[data-testid="stVideo"] { max-height: 80vh; }
</style>
"""
KEYS = """
const MOVES = { ArrowRight: "next", PageDown: "next", ArrowLeft: "back", PageUp: "back", Escape: "leave" }
const OWN_KEYS = "input, textarea, select, [role=slider], [role=radiogroup], [role=listbox]"

export default function ({ setTriggerValue }) {
  const press = event => {
    const used = event.composedPath().some(node => node.matches?.(OWN_KEYS))
    const move = MOVES[event.key]
    if (!move || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (used && move !== "leave") return
    event.preventDefault()
    setTriggerValue("move", { to: move, at: event.timeStamp })  // two alike within one run would count as one
  }
  document.addEventListener("keydown", press)
  return () => document.removeEventListener("keydown", press)
}
"""
keyboard = st.components.v2.component("latentdemo_keyboard", js=KEYS)


def presenting() -> bool:
    """Whether the session is in presentation mode."""
    return st.session_state.get("present") == ON


def presentation_control() -> None:
    """The button that begins presentation mode, and the mode itself in the link."""
    take_from_link("present", (OFF, ON), OFF)
    st.button(
        _("Present"),
        key="begin_presenting",
        icon=":material/slideshow:",
        on_click=set_presenting,
        args=(ON,),
        help=_("Large, without menus and settings. The arrow keys lead through the overview, Escape ends it."),
    )
    put_in_link("present", OFF)


def set_presenting(mode: str) -> None:
    """Begin or end presentation mode."""
    st.session_state["present"] = mode


def present() -> None:
    """Make the page a screen of a presentation, if the session is in that mode; the first thing on every page."""
    if presenting():
        st.html(STYLE)
        with st.sidebar:  # the sidebar is hidden, so that this takes no room
            keyboard(key="keyboard", on_move_change=follow_key)


def on_move_keys(key: str, options: Sequence[str]) -> None:
    """Let the keys lead along what a control chooses from; kept from run to run, as a key may be pressed before a run
    comes to this."""
    st.session_state["move"] = partial(move_along, key, options)


def move_along(key: str, options: Sequence[str], places: int) -> None:
    """Choose the option so many places on, or back where that is negative, and stay at either end; nothing on a page
    without the control."""
    if key in st.session_state:
        place = options.index(st.session_state[key]) + places
        st.session_state[key] = options[min(max(place, 0), len(options) - 1)]


def follow_key() -> None:
    """Do what a pressed key asks for."""
    pressed = st.session_state["keyboard"].move
    if pressed and pressed["to"] == "leave":
        set_presenting(OFF)
    elif pressed and "move" in st.session_state:
        st.session_state["move"](1 if pressed["to"] == "next" else -1)
