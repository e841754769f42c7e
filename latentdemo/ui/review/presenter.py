"""Who leads reviews: known by a token, by which they find their reviews again.

It follows from who is signed in; where nobody is asked to sign in, the browser keeps it.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from latentdemo.errors import LatentdemoError
from latentdemo.reviews.tokens import FORM, new_token
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.person import Role, allowed, here, review_token

COOKIE = LINKED = "presenter"  # names of the token: of the cookie, which others cannot read, and in a link
TOKEN = "review_presenter"  # its place in the session's state
TROUBLE = "review_record_trouble"  # place in the session's state: what went wrong while something was kept
KEEP = """
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; secure" : ""
  document.cookie = `${data.name}=${data.token}; path=/; max-age=34560000; samesite=strict${secure}`
}
"""
keep_cookie = st.components.v2.component("latentdemo_presenter", js=KEEP)


def presenter_token() -> str:
    """The token of whoever is here; empty where they have never begun a review. One that a link brings comes first."""
    linked = st.query_params.get(LINKED, "")
    if FORM.fullmatch(linked):
        st.session_state[TOKEN] = linked
    if LINKED in st.query_params:
        del st.query_params[LINKED]  # it is not for those who see the address on a screen
    person = here()
    own = review_token(person) if person.account else st.context.cookies.get(COOKIE, "")
    kept = str(st.session_state.get(TOKEN) or own)
    return kept if FORM.fullmatch(kept) else ""


def become_presenter() -> str:
    """The token of whoever is here, a new one where they have none."""
    token = presenter_token() or new_token()
    st.session_state[TOKEN] = token
    return token


def remember_presenter(token: str) -> None:
    """Let the browser keep the token, unless it keeps one, or others may sign in there."""
    if token and COOKIE not in st.context.cookies and not here().account:
        keep_cookie(key="keep_presenter", data={"name": COOKIE, "token": token})


def own_link(token: str) -> None:
    """The link by which a presenter comes back on another machine, or lets a colleague in."""
    with st.popover(_("Link to these reviews"), icon=":material/key:",
                    help=_("To come back on another machine, or to let a colleague in.")):  # fmt: skip
        st.markdown(
            _("Whoever has this link leads your reviews as you do, and sees their results. This browser finds them "
              "without it.")
        )  # fmt: skip
        st.code(f"{st.context.url}?{LINKED}={token}", language=None, wrap_lines=True)


def keeping(work: Callable[[], None]) -> None:
    """Do what changes the record, when a presenter presses a button; where that fails, the page says why."""
    if not allowed(Role.PRESENTER):
        return
    try:
        work()
    except LatentdemoError as error:
        st.session_state[TROUBLE] = error_words(error)


def say_trouble() -> None:
    """What went wrong when a button was pressed, once."""
    if trouble := st.session_state.pop(TROUBLE, None):
        st.error(trouble, icon=":material/error:")
