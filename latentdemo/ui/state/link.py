"""Settings in the page's address, so that a link shows the same page anywhere.

A widget with a key is wrapped in two calls: `take_from_link` before it, `put_in_link` after it. The address carries
plain values (`model=dvae`), whatever language the labels are in; a setting at its default is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from latentdemo.ui.i18n.words import _, language

NUMBER = r"-?[0-9]{1,17}(\.[0-9]{1,20})?(e-[0-9]{1,3})?"  # in the digits that Python writes
SHOWN = 40  # a notice repeats so many characters of a bad value


@dataclass(frozen=True)
class NumberRange:
    """All numbers from `least` to `most`, as the options of a setting."""

    least: float
    most: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.least <= value <= self.most


def note_page_change(page: str) -> None:
    """Take note of the page that is run: in its first run its widgets take over what those of the page before had."""
    st.session_state["page_changed"] = st.session_state.get("page") != page
    st.session_state["page"] = page


def take_from_link(key: str, options: Sequence[Any] | NumberRange, default: Any) -> None:
    """Give a widget its first value: from the link where it is one of `options`, else `default` with a notice.

    Args:
        key: of the widget, and name in the link.
        options: what it can be; a range for whole numbers, `NumberRange` for others.
        default: a list where the widget takes several options.
    """
    several = isinstance(default, list)
    if key in st.session_state and fits(st.session_state[key], options, several):
        if st.session_state.get("page_changed"):
            st.session_state[key] = st.session_state[key]  # hands another page's value on to this page's widget
        return
    asked = st.query_params.get_all(key)
    taken = [parse(text, options) for text in asked]
    unusable = [text for text, option in zip(asked, taken, strict=True) if option is None]
    if unusable:
        show_notice(
            _("The link asks for “{asked}”, which cannot be shown. Showing the usual.", asked=unusable[0][:SHOWN])
        )
    usable = [option for option in taken if option is not None]
    st.session_state[key] = (usable if several else usable[0]) if usable and not unusable else default


def fits(value: Any, options: Sequence[Any] | NumberRange, several: bool) -> bool:
    """Whether a widget can have a value; it may be another page's that has the same key."""
    if several:
        return isinstance(value, list) and all(each in options for each in value)
    return not isinstance(value, list) and value in options


def parse(text: str, options: Sequence[Any] | NumberRange) -> Any:
    """The option that a text of the link names, or None."""
    if isinstance(options, NumberRange):
        amount = float(text) if re.fullmatch(NUMBER, text) else math.nan
        return amount if amount in options else None
    if not isinstance(options, range):
        return {str(option): option for option in options}.get(text)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(options[-1])) else -1
    return number if number in options else None


def put_in_link(key: str, default: Any) -> None:
    """Write a widget's value into the address."""
    value = st.session_state[key]
    texts = [] if value == default else [str(each) for each in (value if isinstance(value, list) else [value])]
    if texts != st.query_params.get_all(key):
        st.query_params[key] = texts


def settings_of_all_pages() -> dict[str, str]:
    """What a link to any page says: the language, and of what the sidebar chooses whatever is not the usual."""
    chosen = {key: st.query_params[key] for key in ("data", "model", "seed") if key in st.query_params}
    return chosen | {"lang": language()}


def page_address() -> str:
    """The address that shows this page as it is, its language too; empty where the page is in no browser."""
    settings = {key: st.query_params.get_all(key) for key in st.query_params} | {"lang": [language()]}
    return f"{st.context.url}?{urlencode(settings, doseq=True)}" if st.context.url else ""


def show_notice(text: str) -> None:
    """A notice that stays until it is closed, whatever the page does meanwhile."""
    st.toast(text, icon=":material/info:", duration="infinite")
