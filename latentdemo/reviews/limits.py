"""How fast answers may come, so that a script does not fill a review.

A bucket of tokens for each name: it fills at a steady pace, and everything takes one out. People have small ones,
addresses large ones, since a whole office may stand behind one address.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

from cachetools import LRUCache

MOST_NAMES = 20_000  # whose buckets are kept; those that were asked least recently are full again anyway


class RateLimit:
    """Buckets of one size.

    Args:
        burst: how many may come at once.
        per_second: how many may come for ever.
        clock: seconds, never going back.
    """

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst, self.per_second, self.clock = burst, per_second, clock
        self._kept: LRUCache[Hashable, tuple[float, float]] = LRUCache(MOST_NAMES)
        self._lock = threading.Lock()

    def takes(self, name: Hashable) -> bool:
        """Whether one more may come from a name now; if so, it counts."""
        now = self.clock()
        with self._lock:
            left, then = self._kept.get(name, (self.burst, now))
            left = min(left + (now - then) * self.per_second, self.burst)
            allowed = left >= 1
            self._kept[name] = (left - allowed, now)
        return allowed


ANSWERS_OF_A_PERSON = RateLimit(5, 2.0)
ANSWERS_OF_AN_ADDRESS = RateLimit(400, 150.0)
ARRIVALS_FROM_AN_ADDRESS = RateLimit(200, 2.0)
