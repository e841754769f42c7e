"""Whoever signs in comes back to the page that they left, and is told where it failed.

Streamlit 1.67 leads everybody who comes back from a provider to its first page, signed in or not, without a word, and
answers with a bare line of text where it cannot reach the provider. Here the address that somebody leaves is kept in
the cookie that Streamlit itself keeps while they are away, and they come back to it; where they are not signed in then,
the address says so.
"""

from __future__ import annotations

import logging
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from streamlit.url_util import make_url_path
from streamlit.web.server.starlette import starlette_auth_routes as routes
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

FAILED = "sign_in"  # in the address of somebody who tried to sign in, and is not
LEFT = "latentdemo_left"  # the address that somebody left, in Streamlit's session cookie
LONGEST = 2000  # characters of an address that are kept; a cookie holds 4,096 bytes

logger = logging.getLogger(__name__)
_as_streamlit_begins, _as_streamlit_ends = routes._auth_login, routes._auth_callback


def follow_sign_ins() -> None:
    """Lead those who sign in from now on back to where they were."""
    routes._auth_login, routes._auth_callback = _begin, _end


async def _begin(request: Request, base_url: str) -> Response:
    left = address_left(request.headers.get("referer", ""), request.headers.get("host", ""))
    request.session[LEFT] = left
    try:
        response = await _as_streamlit_begins(request, base_url)
        if urlsplit(response.headers.get("location", "")).netloc:
            return response  # to the provider
    except Exception:
        logger.exception("signing in could not begin")
    return RedirectResponse(address_after(left or make_url_path(base_url, "/"), failed=True), 302)


async def _end(request: Request, base_url: str) -> Response:
    left = request.session.pop(LEFT, "")
    response = await _as_streamlit_ends(request, base_url)
    tried = not {"state", "error"}.isdisjoint(request.query_params)  # who comes from signing out brings neither
    cookies = [value for value in response.headers.getlist("set-cookie") if value.startswith(f"{USER_COOKIE_NAME}=")]
    signed_in = any("max-age=0" not in value.lower() for value in cookies)
    if tried:
        response.headers["location"] = address_after(left or make_url_path(base_url, "/"), failed=not signed_in)
    return response


def address_left(referrer: str, host: str) -> str:
    """Path and settings of a page of this host; empty for any other page."""
    page = urlsplit(referrer)
    if page.netloc != host or not page.path.startswith("/") or page.path.startswith("//"):
        return ""
    address = f"{page.path}?{page.query}" if page.query else page.path
    return address if len(address) <= LONGEST else page.path[:LONGEST]


def address_after(left: str, failed: bool) -> str:
    """The address that somebody comes back to, which says whether signing in has failed."""
    page = urlsplit(left)
    settings = [(name, value) for name, value in parse_qsl(page.query, keep_blank_values=True) if name != FAILED]
    settings += [(FAILED, "failed")] if failed else []
    return f"{page.path}?{urlencode(settings)}" if settings else page.path
