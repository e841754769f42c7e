"""Somebody with a browser and little patience, who uses the demo during a soak, and the addresses they may open."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from latentdemo.benchmark.diary import Address, Diary
from latentdemo.benchmark.visitor import Visitor
from latentdemo.errors import ServerError
from latentdemo.sampling import KERNELS, PLAIN

ADDRESSES = 64  # Few enough for each to be opened by several sessions, and for caches to fill.
LAST_SEED = 7  # The last seed of these addresses; the next one leads beyond.
LOOK = 20.0  # Somebody looks at a page for so many seconds, at most.


def addresses_to_open(models: Sequence[str], draw: random.Random) -> list[Address]:
    """Pages with all kinds of settings.

    Raises:
        ServerError: there is no model.
    """
    if not models:
        raise ServerError("there is no model to show; train one with: python -m latentdemo train avatars vae")
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
        settings |= {"view": draw.choice(["path", "grid", "walk"]), "frames": draw.choice([5, 9])}
        settings |= {"b_draw": draw.randrange(9)}
    elif page == "latent_space":
        settings |= {"kernel": chain["kernel"], "steps": draw.choice([1, 5])}
    return page, urlencode(settings, doseq=True)


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
        if not self.visitor.shows("again"):  # It stands where there is no result, as somebody cancelled.
            self.diary.look((self.visitor.page, self.visitor.link), pictures)
