"""Kernels and clocks that tests can watch and hold back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from latentdemo.checkpoints import load_form
from latentdemo.engine import RunRequest, Ticket
from latentdemo.engine.run import Run
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun
from latentdemo.sampling.kernels import KernelSpec, Option, Style

NAME = "own/tiny"  # of the model that `checkpoints` saves
PATIENCE = 30.0  # seconds; reached only when something is broken
GREY_LEVEL = 1 / 255


class State(NamedTuple):
    """Where chains of `Climb` are, with a picture of it."""

    latent: Tensor
    image: Tensor


class Info(NamedTuple):
    """How far they moved."""

    latent_distance: Tensor


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Climb:
    """Each step adds one to a latent; notes how many chains each step had, and takes a second for each."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.sizes: list[int] = []
        self.clock = clock or Clock()

    def init(self, latent: Tensor, generator) -> State:
        return State(latent, latent[:, None, None])

    def step(self, state: State, generator) -> tuple[State, Info]:
        assert len(generator) == len(state.latent)
        self.sizes.append(len(state.latent))
        self.clock.now += len(state.latent)
        latent = state.latent + 1.0
        return State(latent, latent[:, None, None]), Info(torch.ones(len(latent)))


def stand_in(name: str, build: Callable[..., Any], *options: str) -> KernelSpec:
    """A kernel for the registry: `build` takes the model and the options."""
    return KernelSpec(
        name,
        lambda model, _density, **chosen: build(model, **chosen),
        name,
        name,
        name,
        Style("#000000", "circle"),
        options=tuple(Option(option, "") for option in options),
    )


class Gate(Climb):
    """Holds each step back until it is let through."""

    def __init__(self, *_args) -> None:
        super().__init__()
        self.waits = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def step(self, state: State, generator) -> tuple[State, Info]:
        self.waits.release()
        assert self.open.acquire(timeout=PATIENCE)
        return super().step(state, generator)

    def reached(self) -> None:
        """Wait until a step is held back."""
        assert self.waits.acquire(timeout=PATIENCE)

    def let_through(self, steps: int = 1) -> None:
        self.open.release(steps)


class HeldLoad:
    """Loads models for a pool, and holds back that of one name until it is let through."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, name, device, form) -> GenerativeAutoencoder:
        if name == self.name:
            self.reached.set()
            assert self.open.wait(PATIENCE)
        return load_form(name, device, form)


def held(**settings) -> RunRequest:
    """A run of the kernel that the fixture `gate` holds back."""
    return RunRequest.of(NAME, kernel="gate", **settings)


def done(ticket: Ticket) -> Ticket:
    """The ticket, once its run has ended."""
    assert ticket.wait(PATIENCE)
    return ticket


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    given_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < given_up
        time.sleep(0.001)


def workers() -> list[threading.Thread]:
    """Threads at work for engines on the CPU."""
    return [thread for thread in threading.enumerate() if thread.name == "latentdemo-cpu"]


def assert_same(run: ChainRun | None, wanted: ChainRun) -> None:
    """The same chains, up to a grey level of rounding."""
    assert run is not None
    assert list(run.latents) == list(run.seconds) == list(wanted.latents)
    assert list(run.images) == list(wanted.images)
    for step, latents in wanted.latents.items():
        assert torch.allclose(run.latents[step], latents, atol=1e-3)
    for step in wanted.images:
        assert run.images[step].shape == wanted.images[step].shape
        assert (run.images[step] - wanted.images[step]).abs().max() <= GREY_LEVEL
    assert set(run.info) == set(wanted.info)
    for name, figures in wanted.info.items():
        assert run.info[name].dtype == figures.dtype
        assert torch.allclose(run.info[name].float(), figures.float(), atol=1e-3), name


def finish(scheduler, most: int = 10_000) -> list[Run]:
    """All runs of a scheduler to their end, in that order."""
    ended = []
    for _ in range(most):
        ended += scheduler.tick()
        if not scheduler.groups:
            return ended
    raise AssertionError(f"not done after {most} ticks")
