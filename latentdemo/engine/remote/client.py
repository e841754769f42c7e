"""An engine that has its chains walked by the one that `latentdemo serve` keeps, over HTTP.

A connection is a run: while it is open the run is wanted, and closing it cancels the run. What cannot be sent, such as
a loaded model, and models that are not there, such as one that a visitor brought, are walked in this process; so is all
other work.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import torch

from latentdemo.engine.engine import LEASE, Engine
from latentdemo.engine.faults import explained
from latentdemo.engine.figures import outcome_of
from latentdemo.engine.remote.arrivals import Arrivals
from latentdemo.engine.remote.messages import MEDIA_TYPE, Message, error_in, messages_in
from latentdemo.engine.remote.wish import Wish
from latentdemo.engine.request import RunRequest
from latentdemo.engine.ticket import Claim, Underway
from latentdemo.errors import (
    Busy,
    Cancelled,
    CheckpointDigestError,
    EngineAddressError,
    EngineAwayError,
    ModelNotFoundError,
)
from latentdemo.sampling import ChainRun

ELSEWHERE = "LATENTDEMO_ENGINE"  # the variable that says where chains are walked
LOCAL = "ray"
CLIENT = "ray://"  # what addresses of clusters begin with
PORT = 8000  # Ray Serve's usual one
SILENCE = 15.0  # seconds; the other side says something twice a second, while it is there


class RemoteEngine(Engine):
    """An engine whose chains are walked elsewhere.

    Args:
        elsewhere: see `address_of`.
        device: for what is done here; None takes cuda, else mps, else cpu.
    """

    def __init__(self, elsewhere: str, device: torch.device | str | None = None) -> None:
        super().__init__(device)
        self.address = address_of(elsewhere)

    def place(self, run: Underway | None) -> int:
        """See `Ticket.place`."""
        return run.place if isinstance(run, Arrivals) else super().place(run)

    def _begin(self, claim: Claim, request: RunRequest, key: Hashable, densities: str) -> None:
        """Have a run walked elsewhere; what goes wrong there is told by the claim."""
        self._check_open()
        wish = Wish.of(request)
        if wish is None:
            super()._begin(claim, request, key, densities)
            return
        claim.run = arrivals = Arrivals(request)

        def follow() -> None:
            try:
                self._take_in(claim, arrivals, wish)
            except (ModelNotFoundError, CheckpointDigestError):  # its files are not there, or are others
                self._walk_here(claim, request, key, densities)
            except Exception as error:
                self._hand_over(claim, None, key, error)
            else:
                self._hand_over(claim, arrivals.result, key, None)

        threading.Thread(target=follow, name="latentdemo-remote", daemon=True).start()

    def _take_in(self, claim: Claim, arrivals: Arrivals, wish: Wish) -> None:
        """Take in a run as it arrives; raises what went wrong, or Cancelled once nobody wants it."""
        with answer_to(wish, self.address) as messages:
            for message in messages:
                arrivals.take(message)
                if arrivals.result:
                    return
                if self.closed or claim.given_up or claim.seen < self.clock() - LEASE:
                    raise Cancelled("nobody waits for this run any more")
            raise away(self.address, "the answer broke off")

    def _walk_here(self, claim: Claim, request: RunRequest, key: Hashable, densities: str) -> None:
        """Walk a run in this process, for want of its model elsewhere."""
        try:
            super()._begin(claim, request, key, densities)
        except Exception as error:
            self._hand_over(claim, None, key, error)

    def _hand_over(self, claim: Claim, run: ChainRun | None, key: Hashable, error: Exception | None) -> None:
        """Hand over what became of a run."""
        if run is not None:
            self.results.put(key, run, bytes_of(run))
        self.tally.end("cancelled" if claim.given_up else "refused" if isinstance(error, Busy) else outcome_of(error))
        claim.end(run, None if error is None else explained(error))


def address_of(elsewhere: str) -> str:
    """The address of an engine that `latentdemo serve` keeps.

    Args:
        elsewhere: "ray" for the one on this machine, such as "ray://head:10001" for the one on the head of a cluster,
            there on its usual port, or an address such as "http://head:8000".
    """
    if elsewhere == LOCAL:
        return f"http://127.0.0.1:{PORT}"
    if elsewhere.startswith(CLIENT):
        host = elsewhere.removeprefix(CLIENT).partition("/")[0]
        return f"http://{re.sub(r':[0-9]*$', '', host)}:{PORT}"
    return elsewhere


def bytes_of(run: ChainRun) -> int:
    """What a run weighs."""
    return sum(each.nbytes for part in (run.latents, run.images, run.info) for each in part.values())


@contextmanager
def answer_to(wish: Wish, address: str) -> Iterator[Iterator[Message]]:
    """The messages about a run that is asked for at an address; the end of the block cancels it.

    Raises:
        EngineAwayError: nobody answers there, or no longer; a `with` block may see it, too.
        LatentdemoError: the wish was refused.
    """
    connection = connection_to(address)
    headers = {"Content-Type": "application/json", "Accept": MEDIA_TYPE}
    try:
        connection.request("POST", f"{urlsplit(address).path.rstrip('/')}/sample", wish.model_dump_json(), headers)
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise refusal(address, response)
        yield messages_in(response.read)
    except (OSError, http.client.HTTPException) as error:
        raise away(address, str(error) or type(error).__name__) from error
    finally:
        connection.close()


def connection_to(address: str) -> http.client.HTTPConnection:
    """A connection, which is made when it is used; raises EngineAddressError where that is no address."""
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    try:
        parts = urlsplit(address)
        return kinds[parts.scheme](parts.hostname or "", parts.port, timeout=SILENCE)
    except (ValueError, KeyError):
        raise EngineAddressError(
            f"${ELSEWHERE} is {address!r:.80}; it must be {LOCAL}, or an address such as http://head:{PORT}"
        ) from None


def refusal(address: str, response: http.client.HTTPResponse) -> Exception:
    """Why there is no answer: in the engine's words, or in those of whoever stands before it while it is away."""
    try:
        return error_in(json.loads(response.read()))
    except (ValueError, KeyError, TypeError):
        return away(address, f"HTTP {response.status}")


def away(address: str, reason: str) -> EngineAwayError:
    """What to say where nobody answers."""
    return EngineAwayError(
        f"the engine at {address} does not answer ({reason}); see that 'latentdemo serve' runs there, and try again"
    )
