"""The server's figures are for those who run it.

Streamlit 1.67 tells everyone who asks for /_stcore/metrics how many sessions there are and what its caches weigh, and
has no setting for it. Here nothing is there; `$LATENTDEMO_OPERATIONS` has figures on a port of their own.
"""

from __future__ import annotations

from streamlit.web.server.starlette import starlette_app


def hide_figures() -> None:
    """Let a server that is made from now on have no such address."""
    starlette_app.create_metrics_routes = lambda *_: []
