"""The page for a person at a browser where something does not work: what comes through between it and the demo.

`browser.html`, `browser.css` and `browser.js` are its parts in the browser, an inline component of Streamlit. They ask
for what pages ask for. Nothing of the machine behind it is told: that is what `latentdemo doctor` is for.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from latentdemo.ui.components.inline import inline_component
from latentdemo.ui.i18n.words import _

ASKED_FOR = "doctor"  # in the address, with 1
KEY = "doctor"
SAMPLE = b"latentdemo" * 1000  # what is fetched as media
DEEP = "overview"  # the address of a page
XSRF = "_streamlit_xsrf"  # the cookie that uploads need

component = inline_component(__file__)


def doctor_is_asked_for() -> bool:
    """Whether the address asks for this page, in place of any other."""
    return st.query_params.get(ASKED_FOR) == "1"


def examine_browser() -> None:
    """Draw the page."""
    st.title(_("What comes through to this browser"), anchor=False)
    st.markdown(_("Each line is asked for as the pages ask for it. Send what is below to whoever runs the "
                  "demo or the proxy before it."))  # fmt: skip
    component(key=KEY, data=examination(), on_ping_change=lambda: None)


def examination() -> dict[str, Any]:
    """What `browser.js` takes."""
    context = get_script_run_ctx()
    assert context is not None
    headers = st.context.headers
    return {
        "now": 1000 * time.time(),
        "echo": getattr(st.session_state.get(KEY), "ping", None),
        "session": context.session_id,
        "page": DEEP,
        "media": get_instance().media_file_mgr.add(SAMPLE, "application/octet-stream", KEY),
        "mediaSize": len(SAMPLE),
        "arrived": {
            "host": headers.get("Host"),
            "scheme": headers.get("X-Forwarded-Proto"),
            "cookie": XSRF in st.context.cookies,
        },
        "words": {"checks": words(), "asking": _("Asking …"), "support": _("For support")},
    }


def words() -> dict[str, dict[str, Any]]:
    """Check -> its title, and for each thing that can be found what that means and what to do; the browser fills in
    what is in braces."""
    return {
        "websocket": {
            "title": _("Live connection (WebSocket)"),
            "good": (_("It is open."), ""),
        },
        "latency": {
            "title": _("Time there and back"),
            "good": (_("{value} ms."), ""),
            "slow": (_("{value} ms: every click waits this long."),
                     _("Try another network or without a VPN, and other times of the day.")),
            "fault": (_("No answer within 10 seconds."),
                      _("Ask whoever runs the proxy whether it holds back or closes WebSockets.")),
        },
        "page": {
            "title": _("Pages by their own address"),
            "good": (_("They open."), ""),
            "fault": (_("They do not open ({value})."),
                      _("Ask whoever runs the proxy to lead everything below the address to the demo.")),
        },
        "media": {
            "title": _("Pictures and downloads"),
            "good": (_("They come through."), ""),
            "fault": (_("They do not come through ({value})."),
                      _("Ask whoever runs the proxy to let through what is below media/.")),
        },
        "upload": {
            "title": _("Uploads"),
            "good": (_("A file of 2 MB comes through."), ""),
            "large": (_("A file of 2 MB is too large for the proxy."),
                      _("Ask whoever runs it to allow 64 MB.")),
            "refused": (_("Files are refused, as the cookie that protects uploads does not come through."),
                        _("Allow cookies for this address. Where the page is shown inside another one, open it in a "
                          "tab of its own.")),
            "fault": (_("Files do not come through ({value})."),
                      _("Ask whoever runs the proxy to let through PUT and DELETE.")),
        },
        "clock": {
            "title": _("Clock"),
            "good": (_("It agrees with the server's."), ""),
            "fault": (_("It differs from the server's by {value} minutes, so that signing in may fail."),
                      _("Have the clock of this device set automatically.")),
        },
        "proxy": {
            "title": _("What a proxy passes on"),
            "good": (_("Nothing is missing."), ""),
            "stripped": (_("Missing: {value}."),
                         _("Ask whoever runs the proxy to pass it on. Without it, uploads and links may fail.")),
        },
    }  # fmt: skip
