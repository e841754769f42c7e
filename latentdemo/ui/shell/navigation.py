"""The pages of the demo, in their order."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.state.selection import Selection


@dataclass(frozen=True)
class PageEntry:
    """One page.

    Attributes:
        script: path from the top of the repository; its stem is the page's address.
        title: in English.
    """

    script: str
    title: str


OVERVIEW = PageEntry("pages/overview.py", N_("Overview"))
SAMPLING = PageEntry("pages/sampling.py", N_("Sampling"))
CHAIN = PageEntry("pages/chain.py", N_("Step by step"))
INTERPOLATION = PageEntry("pages/interpolation.py", N_("Latent interpolation"))
QUALITY = PageEntry("pages/quality.py", N_("Quality review"))
LATENT_SPACE = PageEntry("pages/latent_space.py", N_("Latent space"))
MODELS = PageEntry("pages/models.py", N_("Models"))
PAGES = (OVERVIEW, SAMPLING, CHAIN, INTERPOLATION, QUALITY, LATENT_SPACE, MODELS)


def streamlit_pages() -> list[StreamlitPage]:
    """The pages as Streamlit wants them. They have no icons: one would become the tab's and be fetched from outside."""
    return [st.Page(entry.script, title=_(entry.title), default=entry is OVERVIEW) for entry in PAGES]


def selection() -> Selection:
    """What the sidebar says; every page begins by taking it over from app.py.

    The first request to a fresh server finds Streamlit looking for pages on its own, because of the folder's name. If
    it asks for a page by its address, that page runs without app.py: then the pages are declared and the run repeated.
    """
    chosen = st.session_state.pop("selection", None)
    if chosen is None:
        st.navigation(streamlit_pages(), position="hidden")
        st.rerun()
    return chosen
