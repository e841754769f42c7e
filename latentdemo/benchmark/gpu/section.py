"""All measurements of a GPU, the shortest first, within eight minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from latentdemo.benchmark.concurrency import measure_concurrency
from latentdemo.benchmark.gpu.limits import limits_of
from latentdemo.benchmark.gpu.pictures import measure_pictures
from latentdemo.benchmark.gpu.press import measure_request_to_picture
from latentdemo.benchmark.gpu.steps import COUNTS, ROWS, measure_rows, measure_steps
from latentdemo.benchmark.gpu.suite import run_suite
from latentdemo.benchmark.gpu.turns import Deadline
from latentdemo.benchmark.timing import Table
from latentdemo.errors import DeviceError
from latentdemo.models.device import Precision, pick_device

SECONDS = 450.0  # for all of it, what is under way then included
SUITE = 150.0  # of these, at most
PRICE = 3.0  # an hour of an H100 in US dollars: an assumption, near what one is rented for
AT_ONCE = (1, 16)
PRECISIONS: tuple[Precision, ...] = ("bf16", "float32")


def gpu_named(device: str | None) -> torch.device:
    """The GPU that is asked for, or the first.

    Raises:
        DeviceError: there is none, or another device is asked for.
    """
    if not torch.cuda.is_available():
        raise DeviceError("bench gpu measures a CUDA GPU, and PyTorch finds none on this machine")
    found = pick_device(device or "cuda")
    if found.type != "cuda":
        raise DeviceError(f"bench gpu measures a CUDA GPU, and not {found}")
    return torch.device("cuda", found.index or 0)


def measure_gpu(
    models: Sequence[str],
    device: torch.device,
    price: float,
    counts: Sequence[int] = COUNTS,
    rows: Sequence[int] = ROWS,
) -> Iterator[Table]:
    """Tests; pictures in each precision; requests; steps in each precision; what the engine should be set to.

    Args:
        models: names of models that were trained here.
        device: the GPU; the processor stands in for it in tests.
        price: of an hour.
        counts: chains of a run.
        rows: chains of a recorded step.

    Raises:
        LatentdemoError: a model that cannot be loaded, or that others trained.
    """
    deadline = Deadline(SECONDS)
    if device.type == "cuda":
        yield run_suite(SUITE)
    accepted = []
    for name in models:
        table, as_on_the_processor = measure_pictures(name, device)
        accepted.append(as_on_the_processor)
        yield table
    yield measure_request_to_picture(models[-1], device)
    yield measure_concurrency(models[-1], str(device), at_once=AT_ONCE)
    limits, seconds = limits_of(device), {}
    for precision in PRECISIONS:
        for name in reversed(models):
            table = measure_steps(name, device, precision, limits, price, deadline, counts)
            seconds[name, precision] = {row["chains"]: row["engine, ms"].median for row in table.rows}
            yield table
    yield verdict(models, seconds, all(accepted))
    for name in models:
        yield from measure_rows(name, device, "bf16", deadline, rows)


def verdict(models: Sequence[str], seconds: dict[tuple[str, Precision], dict[int, float]], accepted: bool) -> Table:
    """Which precision GPUs should serve in: bf16 where it is faster with many chains of every model, and changes
    pictures no more than it does on processors, where it was measured to cost no quality."""
    rows: list[dict[str, Any]] = []
    for name in models:
        both = seconds[name, "bf16"].keys() & seconds[name, "float32"].keys()
        most = max(both)
        rows.append({"model": name, "chains": most}
                    | {f"{each}, ms": seconds[name, each][most] for each in PRECISIONS})  # fmt: skip
    faster = all(row["bf16, ms"] < row["float32, ms"] for row in rows)
    words = "no more than" if accepted else "more than"
    answer = "bf16" if faster and accepted else "float32"
    title = f'GPU_PRECISION = "{answer}" in latentdemo/checkpoints/serving.py: bf16 is '
    return Table(f"{title}{'' if faster else 'not '}faster, and changes pictures {words} on the processor", rows)
