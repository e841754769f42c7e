"""Long work on a thread of its own, with progress, cancellation, and a memory of recent results."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from latentdemo.errors import Cancelled

Result = TypeVar("Result")
Work = Callable[[Callable[[int, int], None], Callable[[], bool]], Result]
"""A function of (progress, cancelled), as `latentdemo.sampling.run_chain` takes them."""


class Job(Generic[Result]):
    """One piece of work, started at once.

    Attributes:
        key: names the work; equal keys mean equal results.
        progress: share done, 0 to 1.
        error: what the work raised, once it ended.
        cancelled: whether it ended because someone cancelled it.
    """

    def __init__(self, key: Hashable, work: Work[Result]) -> None:
        self.key = key
        self.progress = 0.0
        self.error: Exception | None = None
        self.cancelled = False
        self._result: Result | None = None
        self._stop = threading.Event()
        self._done = threading.Event()
        threading.Thread(target=self._run, args=(work,), name="latentdemo-job", daemon=True).start()

    def _run(self, work: Work[Result]) -> None:
        try:
            self._result = work(self._report, self._stop.is_set)
        except Cancelled:
            self.cancelled = True
        except Exception as error:
            self.error = error
        finally:
            self._done.set()

    def _report(self, done: int, total: int) -> None:
        self.progress = done / max(total, 1)

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Whether the work has ended, after at most so many seconds."""
        return self._done.wait(seconds)

    @property
    def result(self) -> Result | None:
        """What the work returned; None while it runs, or where it failed or was cancelled."""
        return self._result


class RecentResults(Generic[Result]):
    """The last results by key, shared between threads, the least recently used dropped first.

    Args:
        capacity: what the kept results may weigh together, in the unit of `put`'s `weight`, such as bytes.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._kept: OrderedDict[Hashable, tuple[Result, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Result | None:
        """The result of a key, if it is still kept."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Hashable, result: Result, weight: int) -> None:
        """Keep a result; one that outweighs the capacity is not kept."""
        with self._lock:
            self._kept[key] = (result, weight)
            self._kept.move_to_end(key)
            while sum(kept for _, kept in self._kept.values()) > self.capacity:
                self._kept.popitem(last=False)
