"""Times that can be compared: taken in turns within one run, told as medians and quartiles."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch

LEAST_TURNS, MOST_TURNS = 3, 15
SECONDS = 20.0  # Turns go on for so many seconds, within these bounds.
SQUARE = 2048  # The side of the matrices that the device's rate is measured with.


Made = TypeVar("Made")


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one value or more."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, lower, upper)


@dataclass(frozen=True)
class Table:
    """What a measurement found.

    Attributes:
        title: what was measured, on what.
        rows: name of a column -> its value: words, a number or a `Spread`.
    """

    title: str
    rows: list[dict[str, Any]]


def apart(work: Callable[[], Made]) -> Made:
    """Do work in a thread that ends with it.

    OpenMP keeps a team of threads for each thread that ever computed, and once there are more of them than cores none
    waits actively any more, which makes small layers slower by up to a half. So each work comes with its team and goes
    with it, as in a server where the engine's worker alone computes.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall-clock seconds that the work takes until it is done on the device, too."""
    started = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def seconds_apart(work: Callable[[], Any]) -> float:
    """The same, of work in a thread that ends with it."""
    return apart(partial(seconds_of, work))


def in_turns(
    works: Mapping[str, Callable[[], Any]],
    seconds: float = SECONDS,
    *,
    timed: Callable[[Callable[[], Any]], float] = seconds_apart,
    warm_ups: int = 1,
    most: int = MOST_TURNS,
) -> dict[str, list[float]]:
    """Seconds that each of several works took, turn by turn.

    Args:
        works: by name.
        seconds: that turns go on for, once there are `LEAST_TURNS` of them.
        timed: does a work, and tells how long it took.
        warm_ups: times that each is done before it counts.
        most: turns.
    """
    for work in works.values():
        for _ in range(warm_ups):
            timed(work)
    times: dict[str, list[float]] = {name: [] for name in works}
    started = time.perf_counter()
    for turn in range(most):
        if turn >= LEAST_TURNS and time.perf_counter() - started > seconds:
            break
        for name, work in works.items():
            times[name].append(timed(work))
    return times


def ratio(over: Sequence[float], under: Sequence[float]) -> Spread:
    """The paired ratio of two works."""
    return Spread.of([a / b for a, b in zip(over, under, strict=True)])


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations a second in products of large square matrices: what the device can do at best."""
    square = apart(lambda: torch.randn(SQUARE, SQUARE, device=device).to(dtype))
    times = in_turns({"product": lambda: square @ square}, seconds=1.0)["product"]
    return 2.0 * SQUARE**3 / min(times)
