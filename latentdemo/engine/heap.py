"""Memory that was freed, but that the C library keeps: given back to the system from time to time.

Threads that come and go leave it scattered over the heap. In a server of many sessions it is soon more than what is in
use, and it goes on growing.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

EVERY = 20.0  # seconds; what is used again has to be fetched again


class Heap:
    """The process's heap, for one thread.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._given_back = clock()
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None  # glibc's

    def give_back(self) -> None:
        """Give back what is free, where that was not done of late; nothing where the C library offers no way."""
        if self._trim is not None and self.clock() - self._given_back >= EVERY:
            self._trim(0)
            self._given_back = self.clock()
