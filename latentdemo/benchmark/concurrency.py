"""Many requests at once: how near the engine comes to the ideal, and whether one waits for another, or for a page.

The ideal is work-conserving: all chains of all requests as one request, whose steps are always full and which nobody
has to wait beside.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from latentdemo.benchmark.timing import Spread, Table, apart, in_turns
from latentdemo.checkpoints import load_model
from latentdemo.engine import Engine, RunRequest
from latentdemo.models import GenerativeAutoencoder, describe_device

AT_ONCE = (1, 4, 16, 64)
CHAINS, STEPS = 64, 10  # Of each request.
SHORT, LONG = 16, 10_000  # Chains of a short and of a long request.
BESIDE = 7  # So many short requests walk beside a long one.
UNDER_WAY = 0.5  # After so many seconds a long request walks with full ticks.
TURNS = 3


def measure_concurrency(
    name: str, device: str | None = None, at_once: Sequence[int] = AT_ONCE, chains: int = CHAINS
) -> Table:
    """Equal requests at once: the time until all are done over the ideal, and how long they waited.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    model = apart(lambda: load_model(name, device))
    engine = Engine(device, queue_limit=max(at_once))
    try:
        rows = [row_of(engine, model, number, chains) for number in at_once]
    finally:
        engine.close()
    return Table(f"{name}: requests of {chains} chains, {STEPS} steps, {describe_device(model.device)}", rows)


def row_of(engine: Engine, model: GenerativeAutoencoder, number: int, chains: int) -> dict[str, object]:
    """What was measured of so many requests at once."""
    ideal = RunRequest.of(model, count=number * chains, steps=STEPS, record=(STEPS,))
    ratios, waits = [], []
    engine.run(ideal)
    for _ in range(TURNS):
        started = time.perf_counter()
        engine.run(ideal)
        at_best = time.perf_counter() - started
        waited = together(engine, model, number, chains)
        ratios.append(max(waited) / at_best)
        waits.append(waited)
    all_waits = [1000 * each for waited in waits for each in waited]
    return {
        "requests": number,
        "all done / ideal": Spread.of(ratios),
        "p50, ms": percentile(all_waits, 50),
        "p95, ms": percentile(all_waits, 95),
        "p95 / mean": statistics.median(percentile(waited, 95) / statistics.fmean(waited) for waited in waits),
    }


def together(engine: Engine, model: GenerativeAutoencoder, number: int, chains: int) -> list[float]:
    """Seconds from the first request to each result, of equal requests from threads of their own."""
    requests = [
        RunRequest.of(model, count=chains, steps=STEPS, seed=seed, record=(STEPS,)) for seed in range(1, number + 1)
    ]
    with ThreadPoolExecutor(number) as threads:
        started = time.perf_counter()

        def served(request: RunRequest) -> float:
            engine.run(request)
            return time.perf_counter() - started

        return list(threads.map(served, requests))


def percentile(values: Sequence[float], share: int) -> float:
    """The value that so many per cent of all do not exceed, interpolated."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def measure_fairness(name: str, device: str | None = None, long: int = LONG) -> Table:
    """A short request alone and beside a long one.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    model = apart(lambda: load_model(name, device))
    engine = Engine(device)
    short = RunRequest.of(model, count=SHORT, steps=STEPS, record=(STEPS,))
    try:
        alone = in_turns({"alone": lambda: engine.run(short)}, seconds=2.0)["alone"]
        ticket = engine.submit(RunRequest.of(model, count=long, steps=STEPS, record=(STEPS,)))
        ticket.wait(UNDER_WAY)
        beside: list[float] = []
        while len(beside) < BESIDE and not ticket.wait(0.0):
            started = time.perf_counter()
            engine.run(short)
            beside.append(time.perf_counter() - started)
        ticket.cancel()
    finally:
        engine.close()
    row = row_beside(f"{long:,} chains", alone, beside)
    return Table(f"{name}: {SHORT} chains, {STEPS} steps, {describe_device(model.device)}", [row])


def measure_beside_a_page(name: str, device: str | None = None, chains: int = CHAINS) -> Table:
    """A request alone, and while a thread computes in Python as the script of a page does, only without an end.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    model = apart(lambda: load_model(name, device))
    engine = Engine(device)
    request = RunRequest.of(model, count=chains, steps=STEPS, record=(STEPS,))
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            pass

    page = threading.Thread(target=compute, daemon=True)
    try:
        alone = in_turns({"alone": lambda: engine.run(request)}, seconds=2.0)["alone"]
        page.start()
        beside = in_turns({"beside": lambda: engine.run(request)}, seconds=2.0)["beside"]
    finally:
        ended.set()
        if page.is_alive():
            page.join()
        engine.close()
    row = row_beside("a thread that computes in Python", alone, beside)
    return Table(f"{name}: {chains} chains, {STEPS} steps, {describe_device(model.device)}", [row])


def row_beside(company: str, alone: Sequence[float], beside: Sequence[float]) -> dict[str, object]:
    """What is told of a request: the seconds that it took alone, and beside what company.

    Nothing was measured beside company that was gone before.
    """
    median = statistics.median(alone)
    return {
        "alone, ms": Spread.of([1000 * each for each in alone]),
        f"beside {company}, ms": Spread.of([1000 * each for each in beside]) if beside else "it was done before",
        "beside / alone": Spread.of([each / median for each in beside]) if beside else "",
    }
