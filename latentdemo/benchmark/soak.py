"""A soak: many sessions use the real server for minutes, as restlessly as people do, and nothing may go wrong.

Sessions open pages with all kinds of settings, ask for the next seed, go from page to page, change their mind, cancel,
lose their connection, and walk away. Then the server is started anew, and a single session asks for some of the same
addresses: what was seen under load must be the same pictures. All traffic stays on this machine.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from latentdemo.benchmark.diary import Address, Diary, report
from latentdemo.benchmark.person import Person, addresses_to_open
from latentdemo.benchmark.server import Server, running_server
from latentdemo.benchmark.visitor import Visitor
from latentdemo.checkpoints import list_models
from latentdemo.errors import ServerError

SESSIONS = 32
MOST_SESSIONS, MOST_MINUTES = 128, 120.0
SAMPLE_EVERY = 0.5  # Seconds between two looks at memory and threads.


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
