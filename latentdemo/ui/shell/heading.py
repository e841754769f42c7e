"""What every page begins with: its title and, at the right of it, how to read the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from latentdemo.ui.i18n.words import _


@contextmanager
def page_heading(title: str) -> Iterator[None]:
    """The title of a page; what is drawn in here stands at its right."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            yield


def how_to_read(*paragraphs: str) -> None:
    """How to read the page, behind a button."""
    with st.popover(_("How to read this"), icon=":material/help:", type="tertiary"):
        for paragraph in paragraphs:
            st.markdown(paragraph)
