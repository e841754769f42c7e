"""Signing in and out: the page before all others where the demo asks for it, and who is signed in, in the sidebar."""

from __future__ import annotations

from functools import partial

import streamlit as st

from latentdemo.errors import SignInError
from latentdemo.ui.i18n.words import _
from latentdemo.ui.shell.language import language_control
from latentdemo.ui.shell.sign_in_routes import FAILED
from latentdemo.ui.state.person import Role, here, may, providers

DEMO = "latentdemo"
STYLE = """
<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
.st-key-sign_in { max-width: 30rem; margin: 12vh auto 0; }
</style>
"""


def may_come_in() -> bool:
    """Whether who is here may see the demo."""
    return may(Role.VIEWER)


def ask_to_sign_in() -> None:
    """Let in whoever is signed in, or whoever comes where nobody is asked to; for others the page ends here."""
    try:
        here()
    except SignInError as error:
        reason = "failed" if error.reason == "out" and FAILED in st.query_params else error.reason
        sign_in_page(SignInError(reason))
        st.stop()
    if FAILED in st.query_params:
        del st.query_params[FAILED]


def sign_in_page(error: SignInError) -> None:
    """Why nobody is let in, and a button to sign in for each provider."""
    st.html(STYLE)
    with st.container(key="sign_in"):
        st.title(DEMO, anchor=False)
        if error.reason == "out":
            st.markdown(error.in_words(_))
        else:
            st.warning(error.in_words(_), icon=":material/lock:")
        if error.reason != "settings":
            sign_in_buttons()
        language_control()


def sign_in_buttons() -> None:
    """A button for each provider; whoever presses it comes back to this page."""
    names = list(providers())
    for name in names:
        st.button(
            _("Sign in") if len(names) == 1 else _("Sign in with {provider}", provider=name),
            key=f"sign_in {name}", type="primary", icon=":material/login:", width="stretch",
            on_click=partial(st.login, None if name == "default" else name),
            help=_("You come back to this page, with its settings."),
        )  # fmt: skip


def signed_in_as() -> None:
    """Who is signed in, and the way out; nothing where nobody is asked to sign in."""
    person = here()
    if not person.account:
        return
    with st.container(key="signed_in", horizontal=True, vertical_alignment="center", gap="small"):
        st.text(f"{person.name}\n{person.role.title}", help=_("Who is signed in, and what role they have here."))
        if st.button(_("Sign out"), key="sign_out", icon=":material/logout:", type="tertiary",
                     help=_("Ends your sign-in in this browser.")):  # fmt: skip
            st.logout()
            st.stop()
