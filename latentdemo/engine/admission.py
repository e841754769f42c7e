"""Runs on their way: who wants them, and whether there is room for one more."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import dataclass, field

from latentdemo.engine.figures import Tally
from latentdemo.engine.run import Run
from latentdemo.engine.ticket import Claim, Underway
from latentdemo.errors import Busy


@dataclass
class Entry:
    """A run that was admitted.

    Attributes:
        run: the run.
        key: equal for requests with equal results; None where that cannot be known.
        bytes: that its result weighs.
        lease: of the model.
        claims: on its result.
        suspected: whether the worker has failed in a tick of it.
    """

    run: Run
    key: Hashable
    bytes: int
    lease: ExitStack = field(default_factory=ExitStack)
    claims: list[Claim] = field(default_factory=list)
    suspected: bool = False

    def add(self, claim: Claim, now: float) -> None:
        """One more who asked for it."""
        claim.run, claim.seen = self.run, now
        self.claims.append(claim)

    def wanted(self, since: float) -> bool:
        """Whether somebody who looked since then wants the result."""
        return any(not claim.given_up and claim.seen >= since for claim in self.claims)


class Admission:
    """Runs on their way, in the order of their admission. Only whoever holds the engine's lock may use it.

    Args:
        queue_limit: runs, above which the next is turned away.
        memory_limit: bytes that their results may weigh, above which the next is turned away.
        tally: told of those that are turned away; None takes one of its own.

    Attributes:
        entries: the runs.
        fresh: those of them that the worker has not seen.
    """

    def __init__(self, queue_limit: int, memory_limit: int, tally: Tally | None = None) -> None:
        self.queue_limit = queue_limit
        self.memory_limit = memory_limit
        self.tally = tally or Tally()
        self.entries: dict[Run, Entry] = {}
        self.fresh: list[Run] = []

    def __len__(self) -> int:
        return len(self.entries)

    def same_as(self, entry: Entry) -> Entry | None:
        """One that is on its way with an equal result."""
        known = (each for each in self.entries.values() if each.key is not None and each.key == entry.key)
        return next(known, None)

    def add(self, entry: Entry) -> None:
        """Let a run join, for the worker to see."""
        self.entries[entry.run] = entry
        self.fresh.append(entry.run)

    def check_room(self, size: int, pace: float) -> None:
        """Raise Busy where no run with a result of so many bytes can be admitted; a step of a chain takes `pace`
        seconds."""
        held = sum(entry.bytes for entry in self.entries.values())
        if len(self) >= self.queue_limit or (held and held + size > self.memory_limit):
            self.tally.end("refused")
            # Runs get equal shares of the device, so that the shortest is the first to make room.
            shortest = min(run.steps_in_all - run.steps_done for run in self.entries)
            raise Busy(len(self), max(1.0, pace * shortest * len(self)))

    @property
    def stages(self) -> tuple[int, int]:
        """How many of them have not begun, and how many have."""
        begun = sum(bool(run.begun) for run in self.entries)
        return len(self) - begun, begun

    def place(self, run: Underway | None) -> int:
        """The place of a run among those that have not begun, from 1; 0 once it has."""
        waiting = [each for each in self.entries if not each.begun]
        return waiting.index(run) + 1 if run in waiting else 0

    def take_fresh(self) -> list[Run]:
        """Those that the worker has not seen, which it sees with this."""
        fresh, self.fresh = self.fresh, []
        return fresh

    def take(self, run: Run) -> Entry:
        """A run that is on its way no longer."""
        return self.entries.pop(run)

    def take_unwanted(self, since: float) -> list[Entry]:
        """Those whose result nobody wants who looked since then; they are on their way no longer."""
        unwanted = [entry for entry in self.entries.values() if not entry.wanted(since)]
        for entry in unwanted:
            del self.entries[entry.run]
        return unwanted

    def take_all(self) -> list[Entry]:
        """All of them; none is on its way any longer."""
        entries = list(self.entries.values())
        self.entries.clear()
        self.fresh.clear()
        return entries
