"""What a client holds while its request is on its way."""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING, Protocol

from latentdemo.engine.run import Snapshot
from latentdemo.sampling import ChainRun

if TYPE_CHECKING:
    from latentdemo.engine.engine import Engine

GLANCE = 1.0  # Seconds between two signs of life of one who waits.


class Underway(Protocol):
    """A run on its way, here or elsewhere; see `Run`."""

    steps_done: int
    snapshots: dict[int, Snapshot]

    @property
    def steps_in_all(self) -> int: ...


class Claim:
    """What a ticket has on a run. The engine knows only claims, so that a ticket that is lost can be noticed.

    Attributes:
        run: while it is on its way.
        seen: when somebody last looked.
        given_up: whether nobody wants the result.
        result: of the run.
        error: that ended it.
        ended: set once there is a result or an error.
    """

    def __init__(self, run: Underway | None, seen: float) -> None:
        self.run = run
        self.seen = seen
        self.given_up = False
        self.result: ChainRun | None = None
        self.error: Exception | None = None
        self.ended = threading.Event()
        self._ending = threading.Lock()  # The owner may cancel while the worker hands over.

    def end(self, result: ChainRun | None, error: Exception | None) -> None:
        """Hand over what became of the run, unless somebody cancelled before."""
        with self._ending:
            if not self.ended.is_set():
                self.result, self.error, self.run = result, error, None
                self.ended.set()


class Ticket:
    """A request on its way. Whoever holds it looks at it from time to time, or the run is given up.

    For any thread.
    """

    def __init__(self, engine: Engine, claim: Claim) -> None:
        self._engine = engine
        self._claim = claim
        lost = weakref.finalize(self, setattr, claim, "given_up", True)  # Without a lock: it may interrupt anything.
        lost.atexit = False

    def touch(self) -> None:
        """Say that the result is still wanted; every other look at the ticket says so as well."""
        self._claim.seen = self._engine.clock()

    @property
    def progress(self) -> float:
        """The share of all steps of all chains that is done."""
        self.touch()
        run = self._claim.run
        return float(self._claim.result is not None) if run is None else run.steps_done / run.steps_in_all

    @property
    def place(self) -> int:
        """Its place among the runs that have not begun, from 1; 0 from its first step on."""
        self.touch()
        return self._engine.place(self._claim.run)

    @property
    def partial(self) -> dict[int, Snapshot]:
        """The recorded steps so far, as far as chains have come to them; they fill while the run goes on."""
        self.touch()
        run = self._claim.run
        return {} if run is None else dict(run.snapshots)

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the run has ended, after at most so many seconds; None waits as long as it takes."""
        until = None if seconds is None else time.perf_counter() + seconds
        while True:
            self.touch()
            left = GLANCE if until is None else min(GLANCE, until - time.perf_counter())
            if self._claim.ended.wait(max(left, 0.0)) or left <= 0.0:
                return self._claim.ended.is_set()

    def cancel(self) -> None:
        """Give up the result; the run stops within one tick, unless others asked for the same."""
        self._engine.give_up(self._claim)

    @property
    def result(self) -> ChainRun | None:
        """The run; None while there is none.

        It is shared with all who asked for the same, so not to be written to. Its `seconds` are what its own chains
        took of the device's time, whoever else was served meanwhile: a cost, that does not depend on the others.
        """
        return self._claim.result

    @property
    def error(self) -> Exception | None:
        """What ended the run early: `Cancelled`, or what went wrong; None while it goes on."""
        return self._claim.error
