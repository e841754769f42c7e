"""A soak: many sessions use the real server for minutes, as restlessly as people do, and nothing may go wrong.

Sessions open pages with all kinds of settings, ask for the next seed, go from page to page, change their mind, cancel,
lose their connection, and walk away. Then the server is started anew, and a single session asks for some of the same
addresses: what was seen under load must be the same pictures. All traffic stays on this machine.
"""

from __future__ import annotations

import asyncio
import io
import os
import platform
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import torch
from PIL import Image

from latentdemo.benchmark.server import Server, running_server
from latentdemo.benchmark.visitor import Visitor
from latentdemo.checkpoints import list_models
from latentdemo.errors import ServerError
from latentdemo.sampling import KERNELS, PLAIN

SESSIONS = 32
MOST_SESSIONS, MOST_MINUTES = 128, 120.0
ADDRESSES = 64  # that sessions open; few enough for each to be asked for by several, and for caches to fill
LAST_SEED = 7  # of these; the next seed leads beyond
LOOK = 20.0  # seconds that somebody looks at a page, at most
SAMPLE_EVERY = 0.5  # seconds between two looks at memory and threads
CHECKED = 48  # addresses that are asked for again, alone
CHECKED_SHARE = 0.3  # of all addresses
GREY_LEVELS = 1  # by which pictures may differ: rounding, where chains share a batch
FLAT = 3.0  # per cent that memory may grow over the last half
WINDOW = 20.0  # seconds, of which the least memory counts: the rest is what runs hold while they are on their way
THREADS_MORE = 4  # that the last half may have at most beyond the first; jobs come and go
SHOWN = 10  # troubles that are told

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


def soak(
    minutes: float, sessions: int = SESSIONS, seed: int = 0, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Let sessions use a server of its own, then look whether it held.

    Args:
        minutes: how long; asking again for some of the pictures comes on top.
        sessions: how many at once.
        seed: fixes what they do, though not how their requests meet.
        progress: told seconds done and in all.

    Returns:
        What was measured, ready for JSON; `holds` says of each demand whether it was met.

    Raises:
        ServerError: more than can be asked for, or a server that does not start.
    """
    if not (0.0 < minutes <= MOST_MINUTES and 1 <= sessions <= MOST_SESSIONS):
        raise ServerError(
            f"a soak takes more than 0 and at most {MOST_MINUTES:.0f} minutes, and 1 to {MOST_SESSIONS} sessions"
        )
    addresses = addresses_to_open(list_models(), random.Random(seed))
    diary = Diary()
    with running_server() as server:
        asyncio.run(use(server, addresses, 60 * minutes, sessions, seed, diary, progress))
        diary.trouble += server.trouble()
    with running_server() as server:
        asyncio.run(check(server, diary))
        diary.trouble += server.trouble()
    return report(diary, minutes, sessions, seed)


def addresses_to_open(models: Sequence[str], draw: random.Random) -> list[Address]:
    """Pages with all kinds of settings.

    Raises:
        ServerError: there is no model.
    """
    if not models:
        raise ServerError("there is no model to show; train one with: python -m latentdemo train")
    return [address_to_open(draw.choice(models), draw) for _ in range(ADDRESSES)]


def address_to_open(model: str, draw: random.Random) -> Address:
    """A page with settings that a model has."""
    dataset, family = model.split("/")
    page = draw.choice(["", "sampling", "sampling", "chain", "chain", "interpolation", "quality", "latent_space"])
    settings: dict[str, Any] = {"data": dataset, "model": family, "seed": draw.randint(0, LAST_SEED)}
    stochastic = not family.endswith("aae")
    kernels = [name for name, spec in KERNELS.items() if stochastic or not spec.needs_stochastic_encoder]
    chain = {"kernel": draw.choice([PLAIN, *kernels]), "stop": draw.choice(["off", "off", "25"])}
    chain |= {option.name: draw.choice(option.values) for option in KERNELS[chain["kernel"]].options if option.title}
    if page == "":
        settings["screen"] = draw.choice(["problem", "method", "evidence", "decision"])
    elif page == "sampling":
        steps = sorted(draw.sample([0, 1, 2, 3, 5, 10, 20], 3))
        settings |= chain | {"count": draw.choice([16, 36, 64]), "steps": steps}
        settings["start"] = draw.choice(["prior", "density", "data"])
    elif page == "chain":
        settings |= chain | {"steps": draw.choice([5, 10, 20]), "chains": draw.choice([1, 4, 9])}
        if draw.random() < 0.5:
            settings |= {"from": "data", "picture": draw.randrange(100), "noise": draw.choice([0.0, 0.2])}
    elif page == "interpolation":
        settings |= {"view": draw.choice(["path", "grid"]), "frames": draw.choice([5, 9]), "b_draw": draw.randrange(9)}
    elif page == "latent_space":
        settings |= {"kernel": chain["kernel"], "steps": draw.choice([1, 5])}
    return page, urlencode(settings, doseq=True)


async def use(
    server: Server,
    addresses: Sequence[Address],
    seconds: float,
    sessions: int,
    seed: int,
    diary: Diary,
    progress: Callable[[int, int], None] | None,
) -> None:
    """All sessions at once, until the time is up; nobody begins anything after that."""
    began = time.monotonic()
    watching = asyncio.create_task(watch(server, began, seconds, diary, progress))
    people = [Person(server.address, addresses, random.Random(f"{seed} {each}"), diary) for each in range(sessions)]
    await asyncio.gather(*(person.live(began + seconds) for person in people))
    await watching


async def watch(
    server: Server, began: float, seconds: float, diary: Diary, progress: Callable[[int, int], None] | None
) -> None:
    """Note memory and threads from time to time."""
    while (now := time.monotonic() - began) < seconds:
        diary.memory.append((now, server.memory))
        diary.threads.append((now, server.figure("Threads")))
        if progress:
            progress(round(now), round(seconds))
        await asyncio.sleep(SAMPLE_EVERY)


class Person:
    """Somebody with a browser, and little patience.

    Args:
        address: of the server.
        addresses: that they may open.
        draw: of what they do.
        diary: of what happens.
    """

    def __init__(self, address: str, addresses: Sequence[Address], draw: random.Random, diary: Diary) -> None:
        self.visitor = Visitor(address)
        self.addresses = addresses
        self.draw = draw
        self.diary = diary

    async def live(self, until: float) -> None:
        """Do one thing after another."""
        deeds: dict[Callable[[], Awaitable[None]], int] = {
            self.open: 8,
            self.next_seed: 5,
            self.other_page: 3,
            self.reload: 2,
            self.change_mind: 2,
            self.cancel: 2,
            self.lose_connection: 2,
            self.walk_away: 2,
        }
        async with self.visitor:
            deed: Callable[[], Awaitable[None]] = self.open
            while True:
                await asyncio.sleep(self.draw.uniform(0.0, LOOK))
                if time.monotonic() >= until:
                    return
                await self.do(deed)
                [deed] = self.draw.choices(list(deeds), list(deeds.values()))
                if not self.visitor.connected:
                    deed = self.open

    async def do(self, deed: Callable[[], Awaitable[None]]) -> None:
        """Do one thing, and write down what went wrong."""
        self.diary.deeds[deed.__name__] += 1
        try:
            await deed()
        except ServerError as error:
            self.diary.trouble.append(str(error))
            await self.visitor.leave()
        self.diary.trouble += self.visitor.trouble
        self.visitor.trouble.clear()

    async def open(self) -> None:
        """Open an address in a new session."""
        await self.timed(self.visitor.open(*self.draw.choice(self.addresses)))

    async def reload(self) -> None:
        """Load the same page anew."""
        await self.timed(self.visitor.open(self.visitor.page, self.visitor.link))

    async def next_seed(self) -> None:
        """Press the dice."""
        await self.visitor.press("next_seed")
        await self.timed(self.visitor.settle())

    async def other_page(self) -> None:
        """Go to another page with the same settings."""
        await self.timed(self.visitor.go(self.draw.choice(["", "sampling", "chain", "interpolation"])))

    async def change_mind(self) -> None:
        """Press the dice again and again, without waiting for what comes of it."""
        for _ in range(3):
            await self.visitor.press("next_seed")
            await asyncio.sleep(self.draw.uniform(0.0, 0.5))
        await self.timed(self.visitor.settle())

    async def cancel(self) -> None:
        """Ask for something long, cancel it as soon as the page offers to, and do not come back to it."""
        await self.visitor.begin("sampling", f"count=256&steps=0&steps=100&seed={self.draw.randrange(100_000)}")
        await self.visitor.settle(lambda: self.visitor.shows("cancel"))
        await self.visitor.press("cancel")
        await self.visitor.settle()
        await self.visitor.leave()

    async def lose_connection(self) -> None:
        """Drop off the network, and come back to the same session."""
        await self.visitor.leave(abruptly=True)
        await asyncio.sleep(self.draw.uniform(0.0, 2.0))
        await self.timed(self.visitor.reconnect())

    async def walk_away(self) -> None:
        """Ask for something, and be gone before it is there."""
        await self.visitor.begin(*self.draw.choice(self.addresses))
        await asyncio.sleep(self.draw.uniform(0.0, 1.0))
        await self.visitor.leave(abruptly=self.draw.random() < 0.5)

    async def timed(self, request: Awaitable[None]) -> None:
        """Wait for a page, note how long it took, and look at its pictures."""
        began = time.monotonic()
        await request
        self.diary.seconds[self.visitor.page].append(time.monotonic() - began)
        pictures = await self.visitor.pictures()
        if not self.visitor.shows("again"):  # which stands where there is no result, as somebody cancelled
            self.diary.look((self.visitor.page, self.visitor.link), pictures)


async def check(server: Server, diary: Diary) -> None:
    """Ask for the same addresses alone."""
    async with Visitor(server.address) as visitor:
        for address in list(diary.seen):
            try:
                await visitor.open(*address)
                diary.look(address, await visitor.pictures())
            except ServerError as error:
                diary.trouble.append(str(error))
        diary.trouble += visitor.trouble


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
        "machine": machine(),
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


def machine() -> str:
    """The machine's name: processor, and how many of its cores there are."""
    facts = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.+)$", facts.read_text("utf-8"), re.MULTILINE) if facts.exists() else None
    return f"{named[1] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"
