"""Who walks next: continuous batching of chains at the level of single steps.

At each tick one group of runs, those with the same model and kernel, takes one step together. Between groups the one is
next that the device has served least, counted in seconds a run. Within a group all runs take the same number of chains
along, as many as the smallest has, so that its tick is not made long by the large ones; where that makes more than a
tick holds, they take turns. A run that is alone takes as many as a tick holds: more where a step costs little, so that
a tick of the next in line is never far away.

A tick that goes wrong harms nobody but the culprit: the others' chains begin again, and step without company from then
on. Where the device runs out of memory, ticks hold half as many chains.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager

import torch
from cachetools import LRUCache

from latentdemo.engine.faults import explained, is_out_of_memory
from latentdemo.engine.figures import Tally
from latentdemo.engine.run import Block, Run
from latentdemo.random import ChainNoise
from latentdemo.sampling.kernels.kernel import join_rows, take_rows

FEW_ROWS = 64  # A tick holds so many chains however long they take,
TICK = 0.03  # and more where they make a step in so many seconds, by what the last step took.
PACES_KEPT = 256  # The pace of so many groups is kept for their next run: one that begins with few walks in two parts.
PARTS = 4  # A run takes at least this part of a small tick: one of very few chains wastes the device.
Turn = list[tuple[Run, int]]
"""Who takes part in a tick, with how many chains at most."""

logger = logging.getLogger(__name__)


class Group:
    """Runs that may share a step.

    Args:
        row_limit: chains that a tick holds at the most.
        served: seconds of the device that count as used, a run.
        pace: seconds that the last step took a chain; 0 where that is not known.
    """

    def __init__(self, row_limit: int, served: float, pace: float = 0.0) -> None:
        self.row_limit = row_limit
        self.served = served
        self.pace = pace
        self.runs: deque[Run] = deque()

    @property
    def few_rows(self) -> int:
        """Chains that a tick holds however long they take."""
        return min(self.row_limit, max(FEW_ROWS, self.row_limit // PARTS))

    @property
    def rows(self) -> int:
        """Chains that the next tick holds: few, or these doubled as time allows, so that blocks stay whole."""
        rows = self.few_rows
        while self.pace and rows < self.row_limit and 2 * rows * self.pace <= TICK:
            rows *= 2
        return min(self.row_limit, rows)

    def next_turn(self) -> Turn:
        """Who takes part in the next tick; they go to the end of the line."""
        limit = room = self.rows
        share = max(1, self.few_rows // PARTS, min(run.left for run in self.runs))
        turn: Turn = []
        for run in list(self.runs):
            rows = min(share, run.left, limit)
            if turn and (rows > room or run.alone):
                break
            turn.append((run, rows))
            room -= rows
            self.runs.rotate(-1)
            if run.alone:
                break
        return turn


class Scheduler:
    """Runs by group, and their ticks. For one thread.

    Args:
        row_limit: chains that a tick holds at the most.
        clock: seconds, never going back.
        tally: told of each step; None takes one of its own.

    Attributes:
        pace: seconds that a step of a chain took of late.
        paces: the last of each group, with which its next run begins.
        stepping: the runs of the tick that goes on, or that was left by something that no tick should raise.
    """

    def __init__(
        self, row_limit: int, clock: Callable[[], float] = time.perf_counter, tally: Tally | None = None
    ) -> None:
        self.row_limit = row_limit
        self.clock = clock
        self.tally = tally or Tally()
        self.groups: dict[Hashable, Group] = {}
        self.paces: LRUCache[Hashable, float] = LRUCache(PACES_KEPT)
        self.pace = 0.0
        self.stepping: list[Run] = []

    def add(self, run: Run) -> None:
        """Serve a run from the next tick on."""
        if run.group not in self.groups:
            least = min((group.served for group in self.groups.values()), default=0.0)
            self.groups[run.group] = Group(self.row_limit, least, self.paces.get(run.group, 0.0))
        self.groups[run.group].runs.append(run)

    def drop(self, run: Run) -> None:
        """Serve a run no longer."""
        group = self.groups[run.group]
        group.runs.remove(run)
        if not group.runs:
            del self.groups[run.group]

    @torch.no_grad()  # Inference mode was no faster, and allows no gradient, which some kernels need.
    def tick(self) -> list[Run]:
        """One step of some runs; those that ended with it, with a result or an error, are dropped and returned."""
        if not self.groups:
            return []
        group = min(self.groups.values(), key=lambda group: group.served)
        began = self.clock()
        turn = group.next_turn()
        self.stepping = [run for run, _ in turn]
        for run, rows in turn:
            run.kernel.room = group.row_limit
            with blaming(group, [run], rows):
                self.begin(run, rows)
        with blaming(group, [run for run, _ in turn if run.error is None], sum(rows for _, rows in turn)):
            self.step(group, [(run, block) for run, rows in turn if run.error is None for block in run.take(rows)])
        for run, _ in turn:
            if run.error is None and not run.left:
                with blaming(group, [run], 1):
                    self.complete(run)
        group.served += (self.clock() - began) / len(group.runs)
        ended = [run for run, _ in turn if run.result or run.error]
        for run in ended:
            self.drop(run)
        self.stepping = []
        return ended

    def begin(self, run: Run, rows: int) -> None:
        """Let chains of a run begin, as many as are missing to its share."""
        began = self.clock()
        run.begin(rows)
        run.charge(0, self.clock() - began)

    def complete(self, run: Run) -> None:
        """Wait for what is on its way from the device, and have a run put its result together."""
        began = self.clock()
        run.outbox.deliver(all_of_it=True)
        run.charge(run.request.spec.steps, self.clock() - began)
        run.complete()

    def step(self, group: Group, taken: Sequence[tuple[Run, Block]]) -> None:
        """One step of blocks of one group, together."""
        if not taken:
            return
        began = self.clock()
        state = join_rows([block.state for _, block in taken])
        noise = ChainNoise.join([block.noise for _, block in taken])
        state, info = taken[0][0].kernel.step(state, noise)
        first = 0
        for run, block in taken:
            rows = slice(first, first + len(block))
            run.put_back(block, take_rows(state, rows), take_rows(info, rows))
            first += len(block)
        seconds = (self.clock() - began) / len(noise)
        self.paces[taken[0][0].group] = group.pace = seconds
        self.tally.step(len(noise), seconds * len(noise))
        for run, block in taken:
            run.charge(block.step + 1, seconds * len(block))
        self.pace = seconds if self.pace == 0.0 else 0.9 * self.pace + 0.1 * seconds


@contextmanager
def blaming(group: Group, runs: Sequence[Run], rows: int) -> Iterator[None]:
    """Keeps an error of some runs' steps from all others.

    Args:
        group: of the runs.
        runs: that take part.
        rows: their chains.
    """
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error) and group.row_limit > 1:
            held = max(rows, sum(run.walking for run in group.runs))
            group.row_limit = max(1, min(group.row_limit, held) // 2)
            logger.warning("out of memory with %d chains; going on with %d at once", held, group.row_limit)
            for run in group.runs:
                run.restart()
        elif is_out_of_memory(error) or len(runs) == 1:
            for run in runs:
                run.error = explained(error)
        else:
            for run in runs:
                run.alone = True
                run.restart()
