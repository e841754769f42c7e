"""The language of the screen, to choose."""

from __future__ import annotations

import streamlit as st

from latentdemo.ui.i18n.words import LANGUAGES, _, browser_language
from latentdemo.ui.state.link import put_in_link, take_from_link


def language_control() -> None:
    """English or Japanese."""
    take_from_link("lang", list(LANGUAGES), browser_language())
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        required=True,
        key="lang",
        format_func=LANGUAGES.__getitem__,
        help=_("Of the pages, and of everything that is taken away from them."),
    )
    put_in_link("lang", browser_language())
