"""The link that people open, as a code that fills the screen, and how many have answered so far."""

from __future__ import annotations

import io
import ipaddress
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
import streamlit as st
from streamlit.net_util import get_internal_ip

from latentdemo.errors import DatabaseError
from latentdemo.reviews.review import Review
from latentdemo.reviews.store import review_store
from latentdemo.reviews.tokens import reviewer_token
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.words import question_words
from latentdemo.ui.shell.navigation import INVITATION
from latentdemo.ui.shell.presentation import presenting

EVERYWHERE = ("", "0.0.0.0", "::")  # addresses by which a server listens to all its machine's
LOOKED_EVERY = 2.0  # seconds between two looks at how many have answered
CODE_STYLE = """
<style>
.st-key-invitation_code [data-testid="stImage"] img { width: min(68vh, 100%); max-height: 68vh; border-radius: 0.5rem; }
.st-key-invitation_link code { font-size: 1rem; }
</style>
"""


def invitation(review: Review, presenter: str) -> None:
    """The code beside the link, and who has come."""
    st.html(CODE_STYLE)
    link = reviewers_link(reviewer_token(presenter, review.number))
    left, right = st.columns([3, 2], vertical_alignment="center", gap="large")
    with left, st.container(key="invitation_code", horizontal_alignment="center"):
        st.image(code_of(link), width="stretch")
    with right:
        if review.plan.name or presenting():  # else it is the title
            st.header(question_words(review.plan), anchor=False)
        st.markdown(
            _("Scan the code with your phone, or open the link. You need no account.")
            if review.plan.guests
            else _("Scan the code with your phone, or open the link. You are asked to sign in.")
        )
        attendance(presenter, review.number)
        with st.container(key="invitation_link"):
            st.code(link, language=None, wrap_lines=True)
        if is_this_machine(urlsplit(link).hostname or ""):
            st.warning(
                _("This link works on this machine only. Let the demo listen to others (--server.address 0.0.0.0), and "
                  "open it by the machine's name or network address."),
                icon=":material/wifi_off:",
            )  # fmt: skip


@st.fragment(run_every=LOOKED_EVERY)
def attendance(presenter: str, number: str) -> None:
    """How many people have answered, looked at again and again."""
    try:
        review = review_store().review(presenter, number)
    except DatabaseError as error:
        st.warning(error_words(error), icon=":material/hourglass_top:")
        return
    if review is None:
        return
    with st.container(horizontal=True):
        st.metric(_("People who answer"), review.people, width="content",
                  help=_("Everybody who has answered one pair or more."))  # fmt: skip
        st.metric(_("Answers"), review.answers, width="content", help=_("Of all people, controls among them."))


def reviewers_link(token: str) -> str:
    """The address that reviewers open; by the network's address of this machine where the page is open on it."""
    parts = urlsplit(st.context.url or "")
    host = parts.hostname or ""
    if is_this_machine(host) and (st.get_option("server.address") or "") in EVERYWHERE:
        host = get_internal_ip() or host
    place = f"[{host}]" if ":" in host else host
    place += f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, place, parts.path, urlencode({INVITATION: token}), ""))


def is_this_machine(host: str) -> bool:
    """Whether a host means whatever machine it is opened on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def code_of(link: str) -> str:
    """A link as a QR code, an SVG that is dark on white in every theme."""
    drawn = io.BytesIO()
    segno.make(link, error="m").save(drawn, kind="svg", scale=10, border=4, dark="#0b1220", light="#ffffff")
    return drawn.getvalue().decode()
