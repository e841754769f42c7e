"""Times on a device within a given time: turns that end when the device is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from latentdemo.benchmark.timing import in_turns

MOST_TURNS = 9
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


def turns(works: Mapping[str, Callable[[], Any]], device: torch.device, seconds: float = 2.0) -> dict[str, list[float]]:
    """Seconds that each of several works took until the device was done, turn by turn.

    All in the caller's thread: what PyTorch compiles for a GPU is kept by the thread.
    """

    def timed(work: Callable[[], Any]) -> float:
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - started

    return in_turns(works, seconds, timed=timed, warm_ups=WARM_UP, most=MOST_TURNS)
