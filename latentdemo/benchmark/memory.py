"""Memory of a process that serves mixed requests: what it holds, and what of its heap is in use.

What was freed stays with the process for the next request, in pieces that vary from run to run; what grows for good is
in use.
"""

from __future__ import annotations

import ctypes
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
    """Megabytes that this process holds, and has in use, before, half way through, and after requests of all models and
    kernels.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    engine = Engine(device)
    process = psutil.Process()
    kernels = [name for name, spec in KERNELS.items() if not spec.needs_stochastic_encoder]  # Every model has these.
    kinds = itertools.cycle(itertools.product(names, kernels, COUNTS, STEPS))
    seen = {"before": memory_of(process)}
    try:
        for done, (name, kernel, count, steps) in zip(range(1, requests + 1), kinds, strict=False):
            engine.run(RunRequest.of(name, kernel, count=count, steps=steps, seed=done, record="all"))
            if done in (requests // 2, requests):
                seen[f"after {done:,}"] = memory_of(process)
    finally:
        engine.close()
    row: dict[str, object] = {}
    for what in seen["before"]:
        row |= {f"{what} {when}, MB": round(sizes[what] / MEGABYTE, 1) for when, sizes in seen.items()}
        half, end = (sizes[what] for sizes in list(seen.values())[1:])
        row[f"{what}, last half, %"] = 100 * (end / half - 1)
    return Table("Memory of a process that serves mixed requests", [row])


def memory_of(process: psutil.Process) -> dict[str, int]:
    """Bytes that this process holds, and where the C library tells, those of its heap that are in use."""
    held = {"held": process.memory_info().rss}
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):  # no glibc of 2.33 or later
        return held
    mallinfo.restype = Mallinfo
    heap = mallinfo()
    return held | {"in use": heap.uordblks + heap.hblkhd}


class Mallinfo(ctypes.Structure):
    """What `mallinfo2` of glibc gives; see mallinfo(3)."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")),
    )
