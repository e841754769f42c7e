"""What it adds that chains are walked by the engine on Ray Serve, rather than by the one in the process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from latentdemo.benchmark.server import free_port
from latentdemo.benchmark.timing import Spread, Table, in_turns
from latentdemo.cluster.pool import Workers
from latentdemo.cluster.serving import serving
from latentdemo.engine import Engine, RunRequest
from latentdemo.engine.remote.client import RemoteEngine

REQUESTS = ((1, 1), (64, 10))  # chains and steps of a small and of a large one


def measure_serving(
    names: Sequence[str], device: str | None = None, requests: Sequence[tuple[int, int]] = REQUESTS
) -> Iterator[Table]:
    """Milliseconds of requests in the process and on Ray Serve, in turns: the same requests, on one thread each.

    Args:
        names: of models.
        device: of both engines; None takes cuda, else mps, else cpu.
        requests: chains and steps of each.

    Raises:
        LatentdemoError: a model cannot be loaded, or Ray is missing or does not start.
    """
    with one_thread(), serving(workers=Workers(1), device=device, port=free_port()) as address:
        here, there = Engine(device), RemoteEngine(address, device)
        try:
            for name in names:
                yield Table(f"{name}: the engine on Ray Serve", [row_of(here, there, name, *each) for each in requests])
        finally:
            here.close()
            there.close()


@contextmanager
def one_thread() -> Iterator[None]:
    """As many threads in this process as a replica has, for the length of a `with` block."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def row_of(here: Engine, there: Engine, name: str, count: int, steps: int) -> dict[str, Any]:
    """What a request takes here and there; first, last and middle steps are kept, pictures among them."""
    kept = sorted({0, steps // 2, steps})

    def asking(engine: Engine) -> Callable[[], object]:
        seeds = itertools.count()  # What was walked before is kept, and would be answered at once.
        return lambda: engine.run(RunRequest.of(name, count=count, steps=steps, seed=next(seeds), record=kept))

    times = in_turns({"here": asking(here), "there": asking(there)})
    added = [1000 * (there - here) for here, there in zip(times["here"], times["there"], strict=True)]
    return {
        "chains": count,
        "steps": steps,
        "here, ms": Spread.of([1000 * each for each in times["here"]]),
        "on Ray Serve, ms": Spread.of([1000 * each for each in times["there"]]),
        "added, ms": Spread.of(added),
    }
