"""What an engine has done and has to do, in numbers, for whoever looks after a server."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from latentdemo.errors import Cancelled

Outcome = Literal["done", "kept", "refused", "cancelled", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("done", "kept", "refused", "cancelled", "failed")
"""What becomes of a request: a result that was walked, or one that was kept of another; turned away, as too much is on
its way; nobody wanted it any more; an error."""


def outcome_of(error: Exception | None) -> Outcome:
    """What has become of a run that ended with an error, or without one."""
    return "done" if error is None else "cancelled" if isinstance(error, Cancelled) else "failed"


class Tally:
    """What an engine has done since it began; for any thread.

    Attributes:
        outcomes: of requests.
        steps: that chains took, all chains together.
        seconds: that the device took for them.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.steps = 0
        self.seconds = 0.0
        self._lock = threading.Lock()

    def end(self, outcome: Outcome) -> None:
        """Count what became of a request."""
        with self._lock:
            self.outcomes[outcome] += 1

    def step(self, chains: int, seconds: float) -> None:
        """Count a step of some chains together."""
        with self._lock:
            self.steps += chains
            self.seconds += seconds


@dataclass(frozen=True)
class EngineFigures:
    """An engine at one moment.

    Attributes:
        tally: what it has done.
        waiting: runs that have not begun.
        walking: runs that have.
        models: that are loaded.
        model_bytes: that their weights weigh.
        result_bytes: that the results weigh which are kept for those who ask again.
    """

    tally: Tally
    waiting: int
    walking: int
    models: int
    model_bytes: int
    result_bytes: int
