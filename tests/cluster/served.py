"""The HTTP interface of an engine in this process, without Ray, for tests to hold back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from latentdemo.benchmark.server import free_port
from latentdemo.cluster.interface import Interface
from latentdemo.cluster.replica import Replica
from latentdemo.engine import Engine
from latentdemo.engine.remote.wish import Wish
from tests.engine.stand_ins import until


class ReplicaHere(Replica):
    """A replica of an engine at hand."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def load(self, model: str) -> str:  # type: ignore[override]
        return model


class Response:
    """What a replica says, as Ray Serve's handles hand it out."""

    def __init__(self, messages: Any) -> None:
        self.messages = messages

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.messages

    def cancel(self) -> None:
        asyncio.ensure_future(self.messages.aclose())  # noqa: RUF006 - the generator holds nothing but its ticket


class Handle:
    """A handle of one replica."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica

    def options(self, **_options: Any) -> Handle:
        return self

    @property
    def walk(self) -> Handle:
        return self

    def remote(self, wish: Wish) -> Response:
        return Response(self.replica.walk(wish))


@contextmanager
def served(replica: Replica, port: int | None = None) -> Iterator[str]:
    """The address of the interface to a replica; what is on its way at the end of the block breaks off."""
    app = Interface(Handle(replica)).__serve_build_asgi_app__()
    config = uvicorn.Config(app, "127.0.0.1", port or free_port(), log_level="critical", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{config.port}"
    finally:
        server.should_exit = True
        thread.join()
