"""From a request to the picture that a person sees, without a browser: chains, contact sheet, PNG, and reading it."""

from __future__ import annotations

import time
from itertools import count as numbers

import torch

from latentdemo.benchmark.timing import Spread, Table
from latentdemo.checkpoints import load_model
from latentdemo.engine import Engine, RunRequest
from latentdemo.imaging import contact_sheet, picture_in, png_bytes
from latentdemo.models import describe_device

COUNTS = (36, 64)
STEPS = 10
TURNS = 9


def measure_request_to_picture(name: str, device: torch.device) -> Table:
    """Milliseconds from asking for chains until the PNG of their sheet was read again: the first time that an engine
    serves so many, when it has to record its steps, and later.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    model, seeds, rows = load_model(name, device), numbers(1), []
    for count in COUNTS:
        engine = Engine(device)
        try:
            times = []
            for _ in range(1 + TURNS):
                started = time.perf_counter()
                run = engine.run(RunRequest.of(model, count=count, steps=STEPS, seed=next(seeds), record=(STEPS,)))
                picture_in(png_bytes(contact_sheet(run.images[STEPS], scale=2))).load()
                times.append(1000 * (time.perf_counter() - started))
        finally:
            engine.close()
        rows.append({"chains": count, "first, ms": times[0], "later, ms": Spread.of(times[1:])})
    return Table(f"{name}: request to picture, {STEPS} steps, {describe_device(device)}", rows)
