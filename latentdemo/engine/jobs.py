"""Work of a page on a thread of its own: chains that the engine walks for it, and what is made of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from latentdemo.engine.request import RunRequest, batches_of
from latentdemo.engine.run import Snapshot
from latentdemo.engine.shared import engine_for
from latentdemo.engine.ticket import Ticket
from latentdemo.errors import Busy, Cancelled, EngineAwayError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.chain import Record

LOOKED_EVERY = 0.05  # Seconds between two looks at chains on their way: who waits sees a step so much later.
ASKED_AGAIN = 1.0  # Chains that found the engine full ask again after so many seconds, at most.

Result = TypeVar("Result")


def always() -> bool:
    """Work that nobody can leave."""
    return True


class Job(Generic[Result]):
    """One piece of work, started at once.

    Args:
        key: names the work; equal keys mean equal results.
        work: takes the job, and uses it to walk chains, to say how far it is, and to learn that it should stop.
        wanted: asked from time to time, from the job's thread; the work stops when it answers False.

    Attributes:
        key: see above.
        progress: share done, 0 to 1.
        shown: what the work has to show so far, for whoever started it; None before, and once there is a result.
        busy: why its chains wait outside the engine; None where they do not.
        away: whether the engine does not answer at the moment, so that its chains wait.
        error: what the work raised, once it ended.
        cancelled: whether it ended because it was cancelled, or not wanted any more.
    """

    def __init__(self, key: Hashable, work: Callable[[Job[Any]], Result], wanted: Callable[[], bool] = always) -> None:
        self.key = key
        self.progress = 0.0
        self.shown: Any = None
        self.busy: Busy | None = None
        self.away = False
        self.error: Exception | None = None
        self.cancelled = False
        self._result: Result | None = None
        self._wanted = wanted
        self._ticket: Ticket | None = None
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._news = threading.Event()
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(work,), name="latentdemo-job", daemon=True).start()

    def _run(self, work: Callable[[Job[Any]], Result]) -> None:
        try:
            self._result = work(self)
        except Cancelled:
            self.cancelled = True
        except Exception as error:
            self.error = error
        else:
            self.shown = None
        finally:
            self._done.set()
            self._news.set()

    def report(self, done: int, total: int) -> None:
        """Say how far the work is."""
        self.progress = done / max(total, 1)

    def show(self, what: Any) -> None:
        """Have something else to show."""
        self.shown = what
        self._news.set()

    def stopped(self) -> bool:
        """Whether the work should stop."""
        return self._stop.is_set() or not self._wanted()

    def check(self) -> None:
        """Raise Cancelled where the work should stop."""
        if self.stopped():
            raise Cancelled("cancelled by whoever asked for it")

    def walk(
        self,
        request: RunRequest,
        share: tuple[float, float] = (0.0, 1.0),
        arrived: Callable[[Mapping[int, Snapshot]], None] | None = None,
    ) -> ChainRun:
        """Chains, walked by the engine; waits outside where it is full or does not answer.

        Args:
            request: what to walk.
            share: of the whole work, that is done before and after it.
            arrived: told from time to time which steps have arrived so far.

        Raises:
            Cancelled: the work should stop.
            LatentdemoError: what went wrong in the run.
        """
        while True:
            self.check()
            try:
                run = self._walked(request, share, arrived)
            except Busy as busy:
                self.busy, self.away = busy, False
                self._stop.wait(min(busy.seconds, ASKED_AGAIN))
            except EngineAwayError:
                self.away = True
                self._stop.wait(ASKED_AGAIN)
            else:
                self.busy, self.away, self.progress = None, False, share[1]
                return run

    def _walked(
        self,
        request: RunRequest,
        share: tuple[float, float],
        arrived: Callable[[Mapping[int, Snapshot]], None] | None,
    ) -> ChainRun:
        """As `walk`, but raises Busy and EngineAwayError, too."""
        ticket = self._ticket = engine_for().submit(request)
        try:
            while not ticket.wait(LOOKED_EVERY):
                self.busy, self.away = None, False
                if self.stopped():
                    ticket.cancel()
                self.progress = share[0] + (share[1] - share[0]) * ticket.progress
                if arrived:
                    arrived(ticket.partial)
        finally:
            self._ticket = None
        if ticket.result is None:
            assert ticket.error is not None
            raise ticket.error
        return ticket.result

    def run_batches(
        self,
        model: GenerativeAutoencoder,
        spec: ChainSpec,
        /,
        *,
        record: Record = None,
        images: bool = True,
        cancelled: Callable[[], bool] | None = None,
        first: int = 0,
    ) -> Iterator[ChainRun]:
        """As `latentdemo.sampling.run_batches`, each batch walked by the engine; the job itself is asked to stop."""
        for part in batches_of(model, spec, record, images, first):
            yield self.walk(part, (self.progress, self.progress))

    @property
    def place(self) -> int:
        """The place of its chains among the runs that have not begun, from 1; 0 from their first step on."""
        ticket = self._ticket
        return ticket.place if ticket else 0

    @property
    def given_up(self) -> bool:
        """Whether `cancel` was called."""
        return self._stop.is_set()

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._began

    def cancel(self) -> None:
        """Ask the work to stop; its chains stop within a tick."""
        self._stop.set()
        ticket = self._ticket
        if ticket:
            ticket.cancel()

    def wait(self, seconds: float) -> bool:
        """Whether the work has ended, after at most so many seconds."""
        return self._done.wait(seconds)

    def wait_for_news(self, seconds: float) -> None:
        """Wait until the work has something to show that this was not called for yet, or has ended, or for so many
        seconds. For one thread at a time."""
        if not self.wait(0):
            self._news.wait(seconds)
        self._news.clear()

    @property
    def result(self) -> Result | None:
        """What the work returned; None while it runs, or where it failed or was cancelled."""
        return self._result
