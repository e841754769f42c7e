"""What happened during a soak, and whether it is what is demanded."""

from __future__ import annotations

import io
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image

from latentdemo.benchmark.machine import machine_name

CHECKED = 48  # So many addresses are asked for again, alone.
CHECKED_SHARE = 0.3  # The share of all addresses that may be among them.
GREY_LEVELS = 1  # Pictures may differ by so many: chains that share a batch are rounded otherwise.
FLAT = 3.0  # Memory may grow by so many per cent over the last half.
WINDOW = 20.0  # The least memory within so many seconds counts: the rest is held by runs on their way.
THREADS_MORE = 4  # The last half may have so many threads more than the first, for jobs come and go.
SHOWN = 10  # So many troubles are told.

Address = tuple[str, str]
"""A page, and the settings in its link."""


@dataclass
class Diary:
    """What happened.

    Attributes:
        seconds: page -> how long each request took until it had come to rest.
        deeds: how often sessions did what.
        trouble: in words.
        seen: address -> the pictures there, of those that are checked.
        wrong: addresses whose pictures were not always the same, each with why.
        memory, threads: (seconds since the start, bytes or number).
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    deeds: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)
    seen: dict[Address, list[bytes]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    memory: list[tuple[float, int]] = field(default_factory=list)
    threads: list[tuple[float, int]] = field(default_factory=list)

    def look(self, address: Address, pictures: list[bytes]) -> None:
        """Compare pictures with those of the same address, or keep them, if it is one to check."""
        if address in self.seen:
            found = difference(self.seen[address], pictures)
            if found:
                self.wrong[in_words(address)] = found
        elif len(self.seen) < CHECKED and random.Random(repr(address)).random() < CHECKED_SHARE:
            self.seen[address] = pictures


def difference(first: Sequence[bytes], second: Sequence[bytes]) -> str:
    """In words how pictures differ; empty where they are the same up to rounding."""
    if len(first) != len(second):
        return f"{len(first)} pictures, and {len(second)} the other time"
    for number, (one, other) in enumerate(zip(first, second, strict=True), 1):
        if one == other:
            continue
        [left, right] = [np.asarray(Image.open(io.BytesIO(each))).astype(int) for each in (one, other)]
        if left.shape != right.shape:
            return f"picture {number} is of another size"
        levels = np.abs(left - right).max()
        if levels > GREY_LEVELS:
            return f"picture {number} differs by up to {levels} grey levels"
    return ""


def report(diary: Diary, minutes: float, sessions: int, seed: int) -> dict[str, Any]:
    """What was measured, and whether it is what is demanded."""
    memory, threads = halves(diary.memory), halves(diary.threads)
    grown, error = growth(diary.memory)
    figures = {
        "machine": machine_name(),
        "torch": torch.__version__,
        "minutes": minutes,
        "sessions": sessions,
        "seed": seed,
        "deeds": dict(diary.deeds.most_common()),
        "requests": sum(map(len, diary.seconds.values())),
        "seconds": {f"/{page}": quantiles(found) for page, found in sorted(diary.seconds.items())},
        "seconds_of_all": quantiles([each for found in diary.seconds.values() for each in found]),
        "memory_mb": {name: value / 2**20 for name, value in memory.items()},
        "memory_growth_percent": grown,
        "memory_growth_error": error,
        "threads": threads,
        "addresses_checked": len(diary.seen),
        "pictures_checked": sum(map(len, diary.seen.values())),
        "wrong": diary.wrong,
        "troubles": len(diary.trouble),
        "trouble": diary.trouble[:SHOWN],
    }
    holds = {
        "no trouble": not diary.trouble,
        "no wrong picture": bool(diary.seen) and not diary.wrong,
        "memory flat": grown <= FLAT,
        "threads flat": threads["last half, most"] <= threads["first half, most"] + THREADS_MORE,
    }
    return figures | {"holds": holds}


def lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """A report as names and values to read."""
    memory, threads = found["memory_mb"], found["threads"]
    return [
        ("what sessions did", ", ".join(f"{count} x {deed}" for deed, count in found["deeds"].items())),
        *((f"seconds of {page}, p50 and p95", times_in_words(each)) for page, each in found["seconds"].items()),
        ("seconds of all", times_in_words(found["seconds_of_all"])),
        ("memory, MB", f"{memory['first half, mean']:.0f}, then {memory['last half, mean']:.0f}"),
        (
            "memory's growth over the last half",
            f"{found['memory_growth_percent']:.1f} ± {found['memory_growth_error']:.1f} %",
        ),
        ("threads at most", f"{threads['first half, most']:.0f}, then {threads['last half, most']:.0f}"),
        ("pictures checked", f"{found['pictures_checked']} at {found['addresses_checked']} addresses"),
        *(("wrong picture", f"{address}: {why}") for address, why in found["wrong"].items()),
        *(("trouble", words) for words in found["trouble"]),
        *((name, "yes" if met else "NO") for name, met in found["holds"].items()),
    ]


def times_in_words(found: dict[str, float]) -> str:
    """Quantiles in words."""
    return f"{found['p50']:.2f}, {found['p95']:.2f} ({found['count']} requests)" if found["count"] else "none"


def halves(samples: Sequence[tuple[float, int]]) -> dict[str, float]:
    """Mean and most of both halves of the time."""
    middle = samples[-1][0] / 2
    first, last = ([value for when, value in samples if (when > middle) == late] for late in (False, True))
    return {
        f"{name} half, {kind}": float(of(values))
        for name, values in (("first", first), ("last", last))
        for kind, of in (("mean", statistics.fmean), ("most", max))
    }


def growth(samples: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """By how many per cent a straight line through what is always held rises over the last half, with its error.

    What is always held is the least of each window of some seconds.
    """
    end = samples[-1][0]
    window = min(WINDOW, end / 20)
    least: dict[int, int] = {}
    for when, value in samples:
        if when >= end / 2:
            least[int(when / window)] = min(value, least.get(int(when / window), value))
    times, values = np.array(list(least), float), np.array(list(least.values()), float)
    slope, level = np.polyfit(times, values, 1)
    left = values - slope * times - level
    error = (np.square(left).sum() / max(len(times) - 2, 1) / np.square(times - times.mean()).sum()) ** 0.5
    per_cent = 100 * (times[-1] - times[0]) / (slope * times[0] + level)
    return float(slope * per_cent), float(error * per_cent)


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """How many requests, and what half and 95 % of them took at most."""
    if not seconds:
        return {"count": 0}
    return {"count": len(seconds), "p50": float(np.quantile(seconds, 0.5)), "p95": float(np.quantile(seconds, 0.95))}


def in_words(address: Address) -> str:
    """An address as a browser shows it."""
    return f"/{address[0]}?{address[1]}"
