"""Bulk sampling on a cluster of this machine against one process, and what handing out the work costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from latentdemo.benchmark.timing import Table
from latentdemo.cluster.connection import connected
from latentdemo.cluster.pool import Workers, spread
from latentdemo.cluster.sampling import sample_in_bulk
from latentdemo.sampling import ChainSpec

CHAINS_A_SHARD, STEPS = 512, 5
SHARDS_A_WORKER = 6
WORKERS = (1, 2)
ITEMS = (3, 245)  # the shards of 10,000 and of 1,000,000 chains
MEGABYTE = 2**20


def measure_scale(name: str, device: str | None = None) -> list[Table]:
    """Pictures a second of one process and of workers, and seconds and memory of handing out shards that cost nothing.

    Args:
        name: of the model.
        device: of each worker; None takes cuda, else mps, else cpu.

    Raises:
        LatentdemoError: the model cannot be loaded, or Ray is missing or does not start.
    """
    with connected():
        rows = [row_of(name, device, workers) for workers in (0, *WORKERS)]
        for row in rows:
            row["of one process, %"] = round(100 * row["pictures a second"] / rows[0]["pictures a second"])
        driver = [driver_row(items) for items in ITEMS]
    spec = f"shards of {CHAINS_A_SHARD} chains, {STEPS} steps"
    return [Table(f"{name}: bulk sampling, {spec}", rows), Table("Handing out shards that cost nothing", driver)]


def row_of(name: str, device: str | None, workers: int) -> dict[str, float]:
    """Pictures a second from the first finished shard on, and how long that took; 0 workers are this process."""
    count = SHARDS_A_WORKER * max(workers, 1) * CHAINS_A_SHARD
    seen: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory(prefix="latentdemo-scale-") as folder:
        began = time.perf_counter()
        sample_in_bulk(
            name,
            ChainSpec(count=count, steps=STEPS),
            out=str(Path(folder) / "out"),
            on="ray" if workers else None,
            record=(STEPS,),
            chains_a_shard=CHAINS_A_SHARD,
            workers=Workers(workers or None),
            device=device,
            progress=lambda done, _total: seen.append((time.perf_counter(), done)),
        )
    (first, some), (last, done) = seen[0], seen[-1]
    return {
        "workers": workers,
        "seconds to the first shard": round(first - began, 1),
        "pictures a second": round((done - some) / (last - first)),
    }


def driver_row(items: int) -> dict[str, float]:
    """Seconds and memory of this process for so many shards that cost nothing."""
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    answers = spread(range(items), Workers(1), answer_at_once)
    next(answers)
    first = time.perf_counter()
    list(answers)
    return {
        "shards": items,
        "ms a shard": round(1000 * (time.perf_counter() - first) / (items - 1), 1),
        "seconds to the first": round(first - began, 1),
        "MB more": round((process.memory_info().rss - before) / MEGABYTE, 1),
    }


def answer_at_once() -> Callable[[int], int]:
    """A worker that has nothing to do."""
    return lambda item: item
