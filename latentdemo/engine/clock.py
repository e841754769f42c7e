"""Time as the engine counts it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

LEAP = 30.0  # In seconds: more than any tick takes, and than a hidden page is short of its lease.


class SteadyClock:
    """Seconds that never go back and never leap: a machine that slept, or whose clock was set, has let nobody wait.

    For any thread.

    Args:
        source: seconds, from wherever.
    """

    def __init__(self, source: Callable[[], float] = time.perf_counter) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._seen = source()
        self._seconds = 0.0

    def __call__(self) -> float:
        with self._lock:
            now = self._source()
            self._seconds += min(max(now - self._seen, 0.0), LEAP)
            self._seen = now
            return self._seconds
