"""A replica of the engine that is served: it holds models on its device, and walks chains of many requests together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from latentdemo.cluster.connection import stay_on_loopback
from latentdemo.engine import Engine
from latentdemo.engine.faults import explained
from latentdemo.engine.remote.arrivals import Departures
from latentdemo.engine.remote.messages import error_values, packed
from latentdemo.engine.remote.wish import Wish, digest_of
from latentdemo.errors import CheckpointDigestError
from latentdemo.models import describe_device

MODELS_KNOWN = 100  # models by which requests are routed; how many stay loaded is the pool's affair
# Seconds between two looks at a run, which come to be further apart: its end is noticed within a tenth of its time, and
# there is a message at each look once it takes as long as pages wait before they show progress.
AT_FIRST, AT_LAST, SLOWER = 0.005, 0.2, 1.1


class Replica:
    """An engine that Ray Serve keeps as many of as are needed.

    Args:
        device: where to walk; None takes cuda, else mps, else cpu.
    """

    def __init__(self, device: str | None = None) -> None:
        from ray import serve

        stay_on_loopback()
        self.engine = Engine(device)

        async def load(model: str) -> str:
            await asyncio.to_thread(self.engine.models.get, model)
            return model

        self.load = serve.multiplexed(load, max_num_models_per_replica=MODELS_KNOWN)

    async def walk(self, wish: Wish) -> AsyncIterator[bytes]:
        """Messages about a run as they come up, an error being the last of them; who stops to listen cancels it."""
        try:
            request = wish.request()
            if wish.made_of not in ("", digest_of(wish.model)):
                raise CheckpointDigestError(f"{wish.model} is another model here; lay the same files on all machines")
            await self.load(wish.model)
            ticket = await asyncio.to_thread(self.engine.submit, request)
        except Exception as error:
            yield packed(error_values(explained(error)))
            return
        try:
            departures, pause = Departures(ticket), AT_FIRST
            yield packed({"begun": describe_device(self.engine.device)})
            while not ticket.wait(0):
                await asyncio.sleep(pause)
                if pause == AT_LAST:
                    yield departures.message()
                pause = min(SLOWER * pause, AT_LAST)
            if ticket.result is None:
                assert ticket.error is not None
                yield packed(error_values(ticket.error))
            else:
                yield departures.last_message(ticket.result)
        finally:
            ticket.cancel()
