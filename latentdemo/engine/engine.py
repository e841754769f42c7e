"""The engine of a device: takes requests from all threads, and walks their chains on a thread of its own.

    ticket = engine_for().submit(RunRequest("avatars/vae", ChainSpec(count=64, steps=10)))
    while not ticket.wait(0.5):
        show(ticket.progress)
    run = ticket.result

Requests for the same thing share one run, and its result is kept for those who ask later. A run goes on as long as
somebody wants it: a ticket that was cancelled, that nothing refers to, or that nobody has looked at for a while, does
not count any more.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any, TypeVar

import torch

from latentdemo.engine.admission import Admission, Entry
from latentdemo.engine.clock import SteadyClock
from latentdemo.engine.faults import explained
from latentdemo.engine.figures import EngineFigures, Tally, outcome_of
from latentdemo.engine.pool import ModelPool
from latentdemo.engine.recent import RecentResults
from latentdemo.engine.request import RunRequest, batches_of, files_digests
from latentdemo.engine.run import Run
from latentdemo.engine.scheduler import Scheduler
from latentdemo.engine.stepping.stepper import ROW_LIMIT, stepping_for
from latentdemo.engine.ticket import Claim, Ticket, Underway
from latentdemo.errors import Cancelled, EngineError, SamplingError
from latentdemo.models import GenerativeAutoencoder, pick_device
from latentdemo.sampling import ChainRun, ChainSpec, Progress
from latentdemo.sampling.chain import Record
from latentdemo.sampling.densities.store import read_densities

QUEUE_LIMIT = 128  # Runs on their way: four for each of thirty-two sessions.
MEMORY_LIMIT = 4 * 2**30  # The results of all runs on their way may weigh so many bytes.
RESULTS_KEPT = 64 * 2**20  # So many bytes of results may be asked for again.
LEASE = 90.0  # A ticket counts no more after so many seconds without a look: browsers wake hidden pages once a minute.
# Seconds that a thread may keep Python's lock while others wait; a step asks for the lock after each operation, so that
# beside a page that computes, a run takes 17 times as long at the usual 5 ms, and 3 times at this.
LOCK_KEPT = 1e-4
ASKED_EVERY = 0.05  # Seconds between two questions whether a blocking run was cancelled.

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)


class Engine:
    """Serves chains to all threads of the process from one device.

    Args:
        device: where to walk; None takes cuda, else mps, else cpu.
        row_limit: chains that take a step together; None takes what suits the kind of device.
        queue_limit: runs on their way, above which the next is turned away.
        memory_limit: bytes that their results may weigh, above which the next is turned away.
        models: where models come from; None makes a pool of its own.
        clock: seconds, never going back; None takes one that does not leap either.
    """

    def __init__(
        self,
        device: torch.device | str | None = None,
        *,
        row_limit: int | None = None,
        queue_limit: int = QUEUE_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        models: ModelPool | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.device = pick_device(device)
        self.row_limit = row_limit or ROW_LIMIT.get(self.device.type, ROW_LIMIT["cpu"])
        self.stepping = stepping_for(self.device)
        self.models = models or ModelPool(device=self.device)
        if self.stepping:
            self.models.let_go = self.stepping.forget
        self.results: RecentResults[ChainRun] = RecentResults(RESULTS_KEPT)
        self.clock = clock or SteadyClock()
        self.closed = False
        self.tally = Tally()
        self._scheduler = Scheduler(self.row_limit, self.clock, self.tally)  # Only the worker uses it.
        self._changed = threading.Condition()  # It guards all that follows.
        self._admission = Admission(queue_limit, memory_limit, self.tally)
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._worker: threading.Thread | None = None

    def submit(self, request: RunRequest) -> Ticket:
        """Ask for a run. A model that is not at hand is loaded before this returns, which holds up nobody else.

        Raises:
            SamplingError: something that cannot be run, or beyond a limit.
            Busy: too much is on its way already.
            EngineError: the engine is closed.
            LatentdemoError: the model or what was fitted to it cannot be loaded.
        """
        files, densities = files_digests(request)
        # A loaded model may be changed by whoever loaded it, so that its results are not kept.
        key = (request.key, files, densities) if isinstance(request.model, str) else None
        kept = None if key is None else self.results.get(key)
        claim = Claim(None, self.clock())
        if kept is None:
            self._begin(claim, request, key, densities)
        else:
            claim.end(kept, None)
            self.tally.end("kept")
        return Ticket(self, claim)

    def run(
        self,
        request: RunRequest,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> ChainRun:
        """As `run_chain`, for threads that have nothing else to do; see `Ticket.result`.

        Args:
            request: what to run.
            progress: told how far the run is, from time to time.
            cancelled: asked from time to time; the run stops when it answers True.

        Raises:
            Cancelled: `cancelled` answered True.
            LatentdemoError: as `submit` does, and what went wrong in the run.
        """
        ticket = self.submit(request)
        total = request.spec.count * max(request.spec.steps, 1)
        while not ticket.wait(ASKED_EVERY if progress or cancelled else None):
            if cancelled and cancelled():
                ticket.cancel()
            elif progress:
                progress(round(ticket.progress * total), total)
        if ticket.result is None:
            assert ticket.error is not None
            raise ticket.error
        if progress:
            progress(total, total)
        return ticket.result

    def run_batches(
        self,
        model: str | GenerativeAutoencoder,
        spec: ChainSpec,
        /,
        *,
        record: Record = None,
        images: bool = True,
        cancelled: Callable[[], bool] | None = None,
        first: int = 0,
    ) -> Iterator[ChainRun]:
        """As `latentdemo.sampling.run_batches`, each batch walked here; raises as `run` does."""
        for part in batches_of(model, spec, record, images, first):
            yield self.run(part, cancelled=cancelled)

    def call(self, work: Callable[[], Answer]) -> Answer:
        """Other work on the device, such as an encoding, done by the worker between two ticks; so keep it short.

        Not to be called by such work. Whatever it raises is raised here.

        Raises:
            EngineError: the engine is closed, or was meanwhile.
            DeviceMemoryError: the device has no memory left.
        """
        answer: Future[Answer] = Future()
        with self._changed:
            self._check_open()
            self._wake()
            self._calls.append((work, answer))
        return answer.result()

    def place(self, run: Underway | None) -> int:
        """See `Ticket.place`."""
        with self._changed:
            return self._admission.place(run)

    def figures(self) -> EngineFigures:
        """What it has done, and has to do at this moment."""
        with self._changed:
            waiting, walking = self._admission.stages
        return EngineFigures(self.tally, waiting, walking, *self.models.held, self.results.weight)

    def give_up(self, claim: Claim) -> None:
        """See `Ticket.cancel`."""
        claim.given_up = True
        claim.end(None, Cancelled("cancelled by whoever asked for it"))

    def close(self) -> None:
        """Stop: what is on its way ends as cancelled; no thread, and nothing on the device, is left."""
        with self._changed:
            self.closed = True
            worker = self._worker
            self._changed.notify_all()
        if worker is not None:
            worker.join()
        self._scheduler = Scheduler(self.row_limit, self.clock, self.tally)
        with self._changed:
            entries = self._admission.take_all()
        for entry in entries:
            self._end(entry, None, Cancelled("the engine was closed"))
        while self._calls:  # Nobody adds to them any more.
            self._calls.popleft()[1].set_exception(EngineError("the engine was closed"))
        self.models.budget = 0  # It is for those that are in use still.
        self.models.trim(0)
        self.results.clear()
        read_densities.cache_clear()
        atexit.unregister(self.close)
        if self.stepping:
            self.stepping.clear()

    def _model(self, request: RunRequest, lease: ExitStack) -> GenerativeAutoencoder:
        """The model of a request, on this device."""
        if isinstance(request.model, str):
            return lease.enter_context(self.models.lease(request.model, request.digest))
        if request.model.device.type != self.device.type:
            raise SamplingError(f"the model is on {request.model.device}, and this engine on {self.device}")
        return request.model

    def _begin(self, claim: Claim, request: RunRequest, key: Hashable, densities: str) -> None:
        """Admit a request, whose result is claimed; raises as `submit` does."""
        with ExitStack() as lease:
            model = self._model(request, lease)
            request.check_model(model)
            run = Run(request, model, request.spec.build(model), densities, self.stepping)
            self._admit(claim, Entry(run, key, request.result_bytes(model)), lease)

    def _admit(self, claim: Claim, entry: Entry, lease: ExitStack) -> None:
        """Claim the result of a run: of one that is on its way where the same was asked for, else of this one."""
        with self._changed:
            self._check_open()
            same = self._admission.same_as(entry)
            if same is None:
                self._admission.check_room(entry.bytes, self._scheduler.pace)
                self._wake()
                entry.lease = lease.pop_all()
                self._admission.add(entry)
            (same or entry).add(claim, self.clock())

    def _check_open(self) -> None:
        """Raise EngineError once the engine is closed."""
        if self.closed:
            raise EngineError("the engine is closed")

    def _wake(self) -> None:
        """Make the worker look for what is new, once the lock is free; for those who hold it."""
        if self._worker is None:
            self._start_worker()
        self._changed.notify_all()

    def _start_worker(self) -> None:
        """For those who hold the lock."""
        worker = threading.Thread(target=self._serve, name=f"latentdemo-{self.device}", daemon=True)
        try:
            worker.start()
        except RuntimeError as error:
            raise EngineError("the system has no thread left: close other programs, and try again") from error
        self._worker = worker

    def _serve(self) -> None:
        """The worker: ticks, as long as there is something to do."""
        sys.setswitchinterval(LOCK_KEPT)
        while True:
            try:
                while self._wait():
                    self._drop_unwanted()
                    self._answer_call()
                    self._tick()
            except BaseException:
                logger.exception("the engine's worker failed, and begins anew")
                self._begin_anew()
            else:
                return

    def _begin_anew(self) -> None:
        """Take up what is on its way again, after something that no tick should raise.

        The runs of the tick that failed step alone from here on, so that the next one that fails tells which of them it
        was: that one is given up.
        """
        with self._changed:
            suspects = self._scheduler.stepping
            self._scheduler = Scheduler(self.row_limit, self.clock, self.tally)
            entries = self._admission.take_all()
            suspected = [entry for entry in entries if not suspects or entry.run in suspects]
            given_up = [entry for entry in suspected if entry.suspected]
            for entry in suspected:
                entry.suspected = entry.run.alone = True
            for entry in entries:
                if entry not in given_up:
                    entry.run.restart()
                    self._admission.add(entry)
        failed = EngineError("the engine failed at this run, twice; try another, and report this one")
        for entry in given_up:
            self._end(entry, None, failed)

    def _wait(self) -> bool:
        """Wait until there is something to do; False once the engine is closed."""
        with self._changed:
            while not self._admission and not self._calls and not self.closed:
                self._changed.wait()
            return not self.closed

    def _drop_unwanted(self) -> None:
        """Take over what is new, and end the runs that nobody wants any more."""
        since = self.clock() - LEASE
        with self._changed:
            for run in self._admission.take_fresh():
                self._scheduler.add(run)
            unwanted = self._admission.take_unwanted(since)
        for entry in unwanted:
            self._scheduler.drop(entry.run)
            self._end(entry, None, Cancelled("nobody waits for this run any more"))

    @torch.no_grad()
    def _answer_call(self) -> None:
        """Do one piece of other work, if somebody waits for it."""
        with self._changed:
            if not self._calls:
                return
            work, answer = self._calls.popleft()
        try:
            answer.set_result(work())
        except Exception as error:
            answer.set_exception(explained(error))
        except BaseException:
            logger.exception("other work failed")
            answer.set_exception(EngineError("the engine failed at this; try another, and report this one"))

    def _tick(self) -> None:
        """One step of some runs; hands over those that ended with it."""
        for run in self._scheduler.tick():
            with self._changed:
                entry = self._admission.take(run)
            self._end(entry, run.result, run.error)

    def _end(self, entry: Entry, result: ChainRun | None, error: Exception | None) -> None:
        """Hand over what became of a run."""
        if result is not None and entry.key is not None:
            self.results.put(entry.key, result, entry.bytes)
        entry.lease.close()
        for claim in entry.claims:
            self.tally.end("cancelled" if claim.given_up else outcome_of(error))
            claim.end(result, error)
