"""The pages of the demo, in their order, each at an address of its own, and the links to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.state.link import settings_of_all_pages

if TYPE_CHECKING:
    from latentdemo.ui.state.selection import Selection  # which needs PyTorch; the pages are there before it

NAVIGATION_LINKS = """
const LINKS = "[data-testid=stTopNavLink], [data-testid=stTopNavDropdownLink], [data-testid=stSidebarNavLink]"
const PAGE_LINKS = `${LINKS}, [data-testid=stPageLink-NavLink]`

export default function ({ data }) {
  noteOneEntryAPage()
  openElsewhereWhenAsked()
  const complete = () => {
    document.querySelectorAll(LINKS).forEach(link => {
      if (link.search !== data.query) link.search = data.query
    })
    const more = document.querySelector("[data-testid=stTopNavSection] p")?.firstChild
    const words = more && data.more.replace("{count}", more.data.match(/\\d+/))
    if (more && more.data !== words) more.data = words
  }
  complete()
  const drawn = new MutationObserver(complete)  // the menu on a phone, and what does not fit in the row, come later
  drawn.observe(document.body, { childList: true, characterData: true, subtree: true })
  return () => drawn.disconnect()
}

function noteOneEntryAPage() {
  if (history.notesOneEntryAPage) return
  history.notesOneEntryAPage = true
  const push = history.pushState.bind(history)
  history.pushState = (state, title, address) => {
    const samePage = new URL(address, location.href).pathname === location.pathname
    if (samePage) history.replaceState(state, title, address)
    else push(state, title, address)
  }
}

function openElsewhereWhenAsked() {
  if (document.opensElsewhereWhenAsked) return
  document.opensElsewhereWhenAsked = true
  document.addEventListener("click", event => {
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey
    if (elsewhere && event.target.closest(PAGE_LINKS)) event.stopPropagation()
  }, true)
}
"""
complete_links = st.components.v2.component("latentdemo_navigation_links", js=NAVIGATION_LINKS, isolate_styles=False)


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
REVIEW = PageEntry("pages/review.py", N_("Ask people"))
LATENT_SPACE = PageEntry("pages/latent_space.py", N_("Latent space"))
MODELS = PageEntry("pages/models.py", N_("Models"))
PAGES = (OVERVIEW, SAMPLING, CHAIN, INTERPOLATION, QUALITY, REVIEW, LATENT_SPACE, MODELS)
INVITATION = "invitation"  # in the address of somebody who is asked to a review, and sees nothing else


class AddressedPage(StreamlitPage):
    """A page at an address of its own, which the default page has beside the bare address.

    Streamlit 1.67 knows its default page by the bare address only: to whoever asks for `/overview` it says "Page not
    found", though it shows that very page. Its server looks an address up among the pages' `url_path`, and its browser
    side leaves either address of the default page as it is.
    """

    @property
    def url_path(self) -> str:
        """The address below that of the server."""
        return self._url_path


def streamlit_pages() -> list[StreamlitPage]:
    """The pages as Streamlit wants them. They have no icons: one would become the tab's and be fetched from outside."""
    return [AddressedPage(entry.script, title=_(entry.title), default=entry is OVERVIEW) for entry in PAGES]


def keep_settings_in_navigation() -> None:
    """Let the links of the navigation say what is chosen for all pages, for whoever copies one or opens a new tab, and
    what does not fit in their row be counted in the session's language.

    Streamlit 1.67 gives these links bare addresses, and has no setting for them; a click goes without them, even one
    with the key held that asks for a new tab. The browser then notes the bare address, that with the settings, and that
    with every setting that is changed as steps of their own; but a session keeps its settings when somebody goes back,
    so that nothing would be seen. Here a page is one step.
    """
    more = _("{count} more")  # the browser fills in the number
    complete_links(key="navigation_links", data={"query": f"?{urlencode(settings_of_all_pages())}", "more": more})


def selection() -> Selection:
    """What the sidebar says; every page begins by taking it over from app.py.

    The first request to a fresh server finds Streamlit 1.67 looking for pages on its own, because of the folder's name.
    If it asks for a page by its address, that page runs without app.py: then the pages are declared, and the run is
    repeated.
    """
    chosen = st.session_state.pop("selection", None)
    if chosen is None:
        begin_with_app()
    return chosen


def note_invitation(page: StreamlitPage) -> bool:
    """Take note whether somebody came to a page by the invitation to a review; such a page has nothing around it."""
    invited = INVITATION in st.query_params and page.url_path == Path(REVIEW.script).stem
    st.session_state["invited"] = invited
    return invited


def is_invited() -> bool:
    """Whether somebody came by the invitation to a review; such a page begins with this, in place of `selection`."""
    if INVITATION not in st.query_params:
        return False
    if not st.session_state.pop("invited", False):
        begin_with_app()
    return True


def begin_with_app() -> NoReturn:
    """Declare the pages, and repeat the run, this time from app.py."""
    st.navigation(streamlit_pages(), position="hidden")
    st.rerun()
