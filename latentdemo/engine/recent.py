"""The last results, for those who ask for them again."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache

Result = TypeVar("Result")


class RecentResults(Generic[Result]):
    """The last results by key, shared between threads, the least recently used dropped first.

    Args:
        capacity: what the kept results may weigh together, in the unit of `put`'s `weight`, such as bytes.
    """

    def __init__(self, capacity: int) -> None:
        self._kept: LRUCache[Hashable, tuple[Result, int]] = LRUCache(capacity, getsizeof=lambda kept: kept[1])
        self._turns: WeakValueDictionary[Hashable, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    @property
    def capacity(self) -> int:
        """What the kept results may weigh together."""
        return int(self._kept.maxsize)

    @property
    def weight(self) -> int:
        """What they weigh together at this moment."""
        with self._lock:
            return int(self._kept.currsize)

    def get(self, key: Hashable) -> Result | None:
        """The result of a key, if it is still kept."""
        with self._lock:
            kept = self._kept.get(key)
        return None if kept is None else kept[0]

    def turn(self, key: Hashable) -> threading.Lock:
        """A lock to hold while the result of a key is made, so that others wait for it; gone when nobody holds it."""
        with self._lock:
            return self._turns.setdefault(key, threading.Lock())

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()

    def put(self, key: Hashable, result: Result, weight: int) -> None:
        """Keep a result; one that outweighs the capacity is not kept, and drops no other."""
        with self._lock:
            self._kept.pop(key, None)
            if weight <= self.capacity:
                self._kept[key] = (result, weight)
