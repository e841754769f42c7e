"""The port of those who run a server: /live, /ready and /metrics."""

from __future__ import annotations

import os
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from latentdemo.errors import ServerError

VARIABLE = "LATENTDEMO_OPERATIONS"
LOOPBACK = "127.0.0.1"
TEXT = "text/plain; charset=utf-8"


def begin_port() -> ThreadingHTTPServer | None:
    """Answer on the port that `$LATENTDEMO_OPERATIONS` names, on a thread of its own; None where it names none.

    Raises:
        ServerError: it names no port, or one that is taken.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return None
    host, _, port = named.rpartition(":")
    if not port.isdecimal():
        raise ServerError(f"${VARIABLE} is {named!r:.80}; it names a port, such as 9600, or 0.0.0.0:9600")
    try:
        server = ThreadingHTTPServer((host.strip("[]") or LOOPBACK, int(port)), Handler)
    except (OSError, OverflowError) as error:
        raise ServerError(f"nothing can listen on {named}, which ${VARIABLE} names: {error}") from error
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="latentdemo-operations", daemon=True).start()
    return server


class Handler(BaseHTTPRequestHandler):
    """Answers one request. What takes PyTorch is imported with the first that needs it: a server begins at once."""

    timeout = 30  # seconds for a client that says nothing

    def do_GET(self) -> None:
        """Answer."""
        answer = {"/live": live, "/ready": ready, "/metrics": figures}.get(self.path.partition("?")[0], nothing)
        status, kind, content = answer()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing: probes come every few seconds."""


Answer = tuple[HTTPStatus, str, bytes]


def live() -> Answer:
    """The process is there."""
    return HTTPStatus.OK, TEXT, b"up\n"


def ready() -> Answer:
    """Somebody can be served, or why not."""
    from latentdemo.operations.readiness import READINESS

    wrong = READINESS.trouble()
    if wrong:
        return HTTPStatus.SERVICE_UNAVAILABLE, TEXT, f"{wrong}\n".encode()
    return HTTPStatus.OK, TEXT, b"ready\n"


def figures() -> Answer:
    """What Prometheus collects."""
    try:
        from latentdemo.operations.metrics import metrics
    except ModuleNotFoundError as error:
        words = f"{error.name} is not installed: pip install 'latentdemo[metrics]'\n"
        return HTTPStatus.NOT_IMPLEMENTED, TEXT, words.encode()
    return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", metrics()


def nothing() -> Answer:
    """Nothing is here."""
    return HTTPStatus.NOT_FOUND, TEXT, b"there are /live, /ready and /metrics\n"
