"""The sampler's step: the engine against other ways to walk the same chain, and against the device's limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch.utils.flop_counter import FlopCounterMode

from latentdemo.benchmark.runtimes import Loop, available
from latentdemo.benchmark.timing import Spread, Table, apart, in_turns, matrix_rate, ratio, seconds_of
from latentdemo.checkpoints import load_model, load_trained
from latentdemo.checkpoints.serving import precision_of
from latentdemo.engine import Engine, RunRequest
from latentdemo.errors import LatentdemoError
from latentdemo.models import TrainableAutoencoder, describe_device

COUNTS = (1, 4, 16, 64, 256, 1024)
STEPS = 10
LONGEST = 30.0  # Counts whose turn takes more seconds are left out.


def measure_steps(
    name: str, device: str | None = None, counts: Sequence[int] | None = None, steps: int = STEPS
) -> Table:
    """Milliseconds of engine and others for some numbers of chains, and how many times as long the others take.

    Args:
        name: of a model that was trained here.
        device: where to run.
        counts: numbers of chains, ascending; None takes the usual ones.
        steps: of each chain.

    Raises:
        LatentdemoError: a model that cannot be loaded, or that others trained.
    """
    counts = counts or COUNTS
    reference, serving = apart(lambda: (load_trained(name, device), load_model(name, device)))
    if not isinstance(reference, TrainableAutoencoder) or not isinstance(serving, TrainableAutoencoder):
        raise LatentdemoError(f"bench takes a model that was trained here, and not {name}")
    apart(partial(reference.to, memory_format=torch.contiguous_format))
    loops, missing = apart(partial(available, reference))
    rate = matrix_rate(serving.device, serving.dtype)
    operations = apart(partial(operations_a_chain, reference, steps))
    rows, turn = [], 0.0
    for before, count in zip((0, *counts), counts, strict=False):
        if before and turn * count / before > LONGEST:
            break
        request = RunRequest.of(serving, count=count, steps=steps, record=(steps,))
        times = turns_on_one_thread(request, loops, device)
        turn = sum(min(each) for each in times.values())
        row = {"chains": count, "engine, ms": Spread.of([1000 * each for each in times["engine"]])}
        row |= {f"{other} / engine": ratio(times[other], times["engine"]) for other in loops}
        row |= {f"{other} / engine": "not installed" for other in missing}
        at_best = operations * count / rate
        row["share of the matrix rate, %"] = Spread.of([100 * at_best / each for each in times["engine"]])
        rows.append(row)
    where = f"{describe_device(serving.device)}, {precision_of(serving)} at {rate / 1e9:,.0f} GFLOP/s"
    return Table(f"{name}: {steps} steps, {where}", rows)


def turns_on_one_thread(request: RunRequest, loops: Mapping[str, Loop], device: str | None) -> dict[str, list[float]]:
    """Seconds of an engine's runs, and of other loops of as many chains and steps on the thread of its worker: so each
    finds the same threads awake, and nobody else's in its way."""
    engine = Engine(device)
    works: dict[str, Callable] = {"engine": partial(engine.run, request)}
    for name, loop in loops.items():
        works[name] = partial(engine.call, partial(loop, request.spec.count, request.spec.steps))
    try:
        return in_turns(works, timed=seconds_of)
    finally:
        engine.close()


def operations_a_chain(model: TrainableAutoencoder, steps: int) -> float:
    """Floating-point operations of one chain, as the trained networks do it: a decoding, and both networks a step."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        mean = model.decode(torch.zeros(1, model.latent_size)).mean
        decoding = counter.get_total_flops()
        model.encode(mean)
    return float(decoding + steps * counter.get_total_flops())
