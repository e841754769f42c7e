"""The pages of the demo, in their order."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from latentdemo.ui.sidebar import Selection
from latentdemo.ui.words import _


@dataclass(frozen=True)
class PageEntry:
    """One page.

    Attributes:
        script: path from the top of the repository; its stem is the page's address.
        title: in English.
        icon: a Material symbol.
    """

    script: str
    title: str
    icon: str


OVERVIEW = PageEntry("pages/overview.py", "Overview", ":material/home:")
SAMPLING = PageEntry("pages/sampling.py", "Sampling", ":material/grid_view:")
PAGES = (OVERVIEW, SAMPLING)


def streamlit_pages() -> list[StreamlitPage]:
    """The pages as Streamlit wants them; the first is the one that opens."""
    return [
        st.Page(entry.script, title=_(entry.title), icon=entry.icon, default=entry is OVERVIEW) for entry in PAGES
    ]


def selection() -> Selection:
    """What the sidebar says; every page begins with it.

    The first request to a fresh server finds Streamlit looking for pages on its own, because of the folder's name. If
    it asks for a page by its address, that page runs without app.py: then the pages are declared and the run repeated.
    """
    if "selection" not in st.session_state:
        st.navigation(streamlit_pages(), position="hidden")
        st.rerun()
    return st.session_state["selection"]
