"""What a step costs a chain by how many take it together, and by how many threads: what the engine's ticks hold."""

from __future__ import annotations

import os
from functools import partial

import torch

from latentdemo.benchmark.timing import Spread, Table, apart, in_turns
from latentdemo.checkpoints import load_model
from latentdemo.engine.stepping.stepper import ROW_LIMIT
from latentdemo.models import describe_device
from latentdemo.random import chain_generators, randn
from latentdemo.sampling import ChainSpec, State

ROWS = (8, 16, 32, 64, 128, 256, 512)
STEPS = 5  # The steps of a turn.


def measure_tuning(name: str, device: str | None = None, rows: tuple[int, ...] = ROWS) -> Table:
    """Microseconds that a step of the plain chain costs a chain, a row for each number of chains.

    Args:
        name: of the model.
        device: where to run; where that is the processor, one thread is measured, two, and so on up to its cores.
        rows: numbers of chains.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    model = apart(lambda: load_model(name, device))
    kernel = ChainSpec().build(model)
    usual = torch.get_num_threads()
    cores = os.cpu_count() or 1
    threads = [2**power for power in range(cores.bit_length())] if model.device.type == "cpu" else [usual]

    def walk(count: int, number: int) -> State:
        torch.set_num_threads(number)
        generators = chain_generators(0, count)
        state = kernel.init(randn((count, model.latent_size), generators, model.device), generators)
        for _ in range(STEPS):
            state, _info = kernel.step(state, generators)
        return state

    found = []
    for count in rows:
        works = {f"threads: {number}": partial(walk, count, number) for number in threads}
        row: dict[str, object] = {"chains a step": count}
        for label, times in in_turns(works, seconds=5.0).items():
            row[f"{label}, µs"] = Spread.of([1e6 * each / (count * STEPS) for each in times])
        found.append(row)
    torch.set_num_threads(usual)
    where = describe_device(model.device)
    return Table(f"{name}: a step, {where}; the engine takes up to {ROW_LIMIT[model.device.type]} chains", found)
