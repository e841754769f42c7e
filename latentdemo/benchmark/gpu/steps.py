"""The sampler's step on a GPU: the engine against other ways, the recorded step alone, and the limits of the device."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count as numbers
from typing import Any

import torch

from latentdemo.benchmark.gpu.limits import Limits, bytes_a_step
from latentdemo.benchmark.gpu.rivals import ONLY_IN, RIVALS, Walk, recorded_step
from latentdemo.benchmark.gpu.turns import Deadline, turns
from latentdemo.benchmark.steps import operations_a_chain
from latentdemo.benchmark.timing import Spread, Table, ratio
from latentdemo.checkpoints import load_trained
from latentdemo.checkpoints.serving import serve
from latentdemo.engine import Engine, RunRequest
from latentdemo.engine.faults import is_out_of_memory
from latentdemo.errors import LatentdemoError
from latentdemo.models import TrainableAutoencoder, describe_device
from latentdemo.models.device import Precision

COUNTS = (1, 4, 16, 64, 256, 1024, 4096)
STEPS = 10
ROWS = (256, 512, 1024, 2048, 4096, 8192, 16384)
NEAR = 1.05  # A tick of fewer chains that costs a chain so many times the least is as good, and makes nobody wait.
COMPILING = 60.0  # seconds that are to be left for the compiler to begin
ROW = 10.0  # and for a row of the table
MEGABYTE = 2**20


def loaded(name: str, device: torch.device, precision: Precision) -> tuple[TrainableAutoencoder, TrainableAutoencoder]:
    """A model as it was trained, and as it serves in a precision, both on the device and with layers that any of them
    can compute; raises LatentdemoError for one that others trained."""
    trained = load_trained(name, device)
    if not isinstance(trained, TrainableAutoencoder):
        raise LatentdemoError(f"bench takes a model that was trained here, and not {name}")
    served = serve(copy.deepcopy(trained), precision, pack=False)
    assert isinstance(served, TrainableAutoencoder)
    return trained, served


def made(
    trained: TrainableAutoencoder, served: TrainableAutoencoder, precision: Precision, deadline: Deadline
) -> tuple[dict[str, Walk], dict[str, str]]:
    """The other ways that can be walked here, and of the rest why not."""
    walks: dict[str, Walk] = {}
    missing = {}
    for name, make in RIVALS.items():
        if ONLY_IN.get(name, precision) != precision:
            missing[name] = f"{ONLY_IN[name]} only"
        elif name == "torch.compile" and deadline.left < COMPILING:
            missing[name] = "no time was left"
        else:
            try:
                walk = make(served, trained)
                walk(2, 1)
                walks[name] = walk
            except Exception as error:  # The table is worth more than any one of its columns.
                missing[name] = "not installed" if isinstance(error, ImportError) else f"failed: {error!r:.80}"
    return walks, missing


def measure_steps(
    name: str,
    device: torch.device,
    precision: Precision,
    limits: Limits,
    price: float,
    deadline: Deadline,
    counts: Sequence[int] = COUNTS,
) -> Table:
    """Milliseconds of the engine for some numbers of chains, and how many times as long the others take.

    Args:
        name: of a model that was trained here.
        device: where to run.
        precision: of the networks, of engine and others.
        limits: of the device.
        price: of an hour of the machine, in whatever currency.
        deadline: rows for which no time is left are left out.
        counts: numbers of chains.

    Raises:
        LatentdemoError: a model that cannot be loaded, or that others trained.
    """
    trained, served = loaded(name, device, precision)
    operations = operations_a_chain(copy.deepcopy(trained).to("cpu"), STEPS)
    walks, missing = made(trained, served, precision, deadline)
    rows: list[dict[str, Any]] = []
    engine = Engine(device)
    try:
        for count in counts:
            if rows and deadline.left < ROW:
                break
            works: dict[str, Callable[[], Any]] = {"engine": engine_walk(engine, served, count)}
            works |= {each: partial(walk, count, STEPS) for each, walk in walks.items()}
            works["recorded step alone"] = partial(recorded_step(served, count), STEPS)
            times = turns(works, device)
            seconds = times["engine"]
            row: dict[str, Any] = {"chains": count, "engine, ms": Spread.of([1000 * each for each in seconds])}
            row |= {f"{other} / engine": ratio(times[other], seconds) for other in walks}
            row |= {f"{other} / engine": why for other, why in missing.items()}
            row["engine / recorded step alone"] = ratio(seconds, times["recorded step alone"])
            at_best = {
                "bf16 rate": operations * count / limits.matrix_rate,
                "bytes limit": STEPS * bytes_a_step(served, count) / limits.copy_rate,
            }
            for limit, best in at_best.items():
                for who in ("engine", "recorded step alone"):
                    row[f"{who}: share of the {limit}, %"] = 100 * best / min(times[who])
            a_second = count / Spread.of(seconds).median
            row["images a second"] = f"{a_second:,.0f}"
            row[f"a million images, at {price:g} an hour"] = 1e6 / a_second * price / 3600
            rows.append(row)
    finally:
        engine.close()
    where = (
        f"{describe_device(device)}, {limits.matrix_rate / 1e12:,.0f} TFLOP/s bf16, {limits.copy_rate / 1e9:,.0f} GB/s"
    )
    return Table(f"{name}, {precision}: {STEPS} steps, {where}", rows)


def engine_walk(engine: Engine, model: TrainableAutoencoder, count: int) -> Callable[[], Any]:
    """A run on an engine that stays, of other chains each time."""
    seeds = numbers(1)
    return lambda: engine.run(RunRequest.of(model, count=count, steps=STEPS, seed=next(seeds), record=(STEPS,)))


def measure_rows(
    name: str, device: torch.device, precision: Precision, deadline: Deadline, rows: Sequence[int] = ROWS
) -> Iterator[Table]:
    """What a recorded step costs a chain by how many take it together, in time and in memory, and how many chains the
    engine should take: as few as cost a chain nearly the least."""
    _, served = loaded(name, device, precision)
    found: list[dict[str, Any]] = []
    for count in rows:
        if found and deadline.left < ROW:
            break
        try:
            found.append(row_of(served, device, count))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            break
    least = min(row["µs a chain"] for row in found)
    enough = next(row["chains a step"] for row in found if row["µs a chain"] <= NEAR * least)
    yield Table(f"{name}, {precision}: a recorded step; the engine should take up to {enough:,} chains", found)


def row_of(served: TrainableAutoencoder, device: torch.device, count: int) -> dict[str, Any]:
    """Time and memory of a recorded step of so many chains."""
    before = 0
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
    replay = recorded_step(served, count)
    times = turns({"": partial(replay, STEPS)}, device, seconds=1.0)[""]
    peak = torch.cuda.max_memory_reserved(device) - before if device.type == "cuda" else 0
    return {
        "chains a step": count,
        "µs a chain": 1e6 * min(times) / (STEPS * count),
        "memory, MB": peak / MEGABYTE if peak else "not told",
    }
