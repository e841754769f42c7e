"""Bulk sampling on a cluster of this machine against one process, what handing out the work costs, and a lost node."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from latentdemo.benchmark.timing import Table
from latentdemo.cluster.connection import connected
from latentdemo.cluster.nodes import two_nodes
from latentdemo.cluster.pool import Workers, spread
from latentdemo.cluster.sampling import sample_in_bulk
from latentdemo.sampling import ChainSpec

CHAINS_A_SHARD, STEPS = 512, 5
SHARDS_A_WORKER = 6
WORKERS = (1, 2)
SHARDS_OF_TWO_NODES = 24  # one node is killed after a third of them
ITEMS = (3, 245)  # the shards of 10,000 and of 1,000,000 chains
MEGABYTE = 2**20


def measure_scale(name: str, device: str | None = None) -> Iterator[Table]:
    """Pictures a second of one process and of workers, seconds and memory of handing out shards that cost nothing, and
    what the loss of a node costs.

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
    yield Table(f"{name}: bulk sampling, {spec}", rows)
    yield Table("Handing out shards that cost nothing", driver)
    of_one_node = CHAINS_A_SHARD / rows[1]["pictures a second"]
    yield Table(f"{name}: one of two nodes is killed, {spec}", [lost_node_row(name, device, of_one_node)])


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


def lost_node_row(name: str, device: str | None, seconds_a_shard: float) -> dict[str, float]:
    """What it costs that one of two nodes of a core each is killed.

    Args:
        name: of the model.
        device: of each worker.
        seconds_a_shard: that one worker takes, by which the node that is left would do what is left.
    """
    seen: list[tuple[float, int]] = []
    killed = 0.0
    with tempfile.TemporaryDirectory(prefix="latentdemo-scale-") as folder, two_nodes() as kill:

        def told(done: int, _total: int) -> None:
            nonlocal killed
            seen.append((time.perf_counter(), done // CHAINS_A_SHARD))
            if not killed and seen[-1][1] >= SHARDS_OF_TWO_NODES // 3:
                killed = time.perf_counter()
                kill()

        sample_in_bulk(
            name,
            ChainSpec(count=SHARDS_OF_TWO_NODES * CHAINS_A_SHARD, steps=STEPS),
            out=str(Path(folder) / "out"),
            record=(STEPS,),
            chains_a_shard=CHAINS_A_SHARD,
            device=device,
            progress=told,
        )
    done = sum(1 for when, _shards in seen if when <= killed)
    after = [when - killed for when, _shards in seen if when > killed]
    return {
        "shards before": done,
        "shards after": len(after),
        "longest wait for a shard, s": round(max(b - a for a, b in zip([0.0, *after], after, strict=False)), 1),
        "s after": round(after[-1], 1),
        "s a shard of one node": round(seconds_a_shard, 2),
        "lost, s": round(after[-1] - len(after) * seconds_a_shard, 1),
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
