"""Memory of a process that serves mixed requests."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import psutil

from latentdemo.benchmark.timing import Table
from latentdemo.engine import Engine, RunRequest
from latentdemo.sampling import KERNELS

REQUESTS = 1000
COUNTS, STEPS = (4, 16, 36), (1, 2, 5)
MEGABYTE = 2**20


def measure_memory(names: Sequence[str], device: str | None = None, requests: int = REQUESTS) -> Table:
    """Megabytes that this process holds before, half way through, and after requests of all models and kernels.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    engine = Engine(device)
    process = psutil.Process()
    kernels = [name for name, spec in KERNELS.items() if not spec.needs_stochastic_encoder]  # Every model has these.
    kinds = itertools.cycle(itertools.product(names, kernels, COUNTS, STEPS))
    seen = {"before": process.memory_info().rss}
    try:
        for done, (name, kernel, count, steps) in zip(range(1, requests + 1), kinds, strict=False):
            engine.run(RunRequest.of(name, kernel, count=count, steps=steps, seed=done, record="all"))
            if done in (requests // 2, requests):
                seen[f"after {done:,}"] = process.memory_info().rss
    finally:
        engine.close()
    half, end = list(seen.values())[1:]
    row: dict[str, object] = {f"{name}, MB": round(size / MEGABYTE, 1) for name, size in seen.items()}
    return Table("Memory of a process that serves mixed requests", [row | {"last half, %": 100 * (end / half - 1)}])
