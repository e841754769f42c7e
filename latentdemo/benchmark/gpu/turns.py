"""Times on a device within a given time: turns that end when the device is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

LEAST_TURNS, MOST_TURNS = 3, 9
WARM_UP = 2  # calls of each work before it counts: the second one records what the first one saw


class Deadline:
    """Seconds that are left of a given time.

    Args:
        seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Until it ends; less than nothing afterwards."""
        return self.ends - time.monotonic()


def finished(device: torch.device) -> None:
    """Wait until a device has done all that it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def turns(works: Mapping[str, Callable[[], Any]], device: torch.device, seconds: float = 2.0) -> dict[str, list[float]]:
    """Seconds that each of several works took until the device was done, turn by turn.

    All in the caller's thread: what PyTorch compiles for a GPU is kept by the thread.
    """
    for work in works.values():
        for _ in range(WARM_UP):
            work()
            finished(device)
    times: dict[str, list[float]] = {name: [] for name in works}
    began = time.perf_counter()
    for turn in range(MOST_TURNS):
        if turn >= LEAST_TURNS and time.perf_counter() - began > seconds:
            break
        for name, work in works.items():
            started = time.perf_counter()
            work()
            finished(device)
            times[name].append(time.perf_counter() - started)
    return times
