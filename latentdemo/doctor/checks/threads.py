"""How many threads compute, and how many cores there are for them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import torch

from latentdemo.doctor.finding import Finding

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # what a container may use: microseconds of all cores, in so many microseconds
VARIABLE = "OMP_NUM_THREADS"


def check() -> Iterator[Finding]:
    """Whether threads and cores match: too few leave cores idle, too many wait for each other."""
    threads, cores = torch.get_num_threads(), cores_here()
    words = f"{threads} of PyTorch, on {cores} cores"
    if cores == 1:
        yield Finding("threads", "warning", f"{words}: pages and chains share a single core",
                      "give the demo two cores or more")  # fmt: skip
    elif threads == 1:
        yield Finding("threads", "warning", f"{words}: chains take about twice as long as they need",
                      f"unset ${VARIABLE}, or set it to {cores}")  # fmt: skip
    elif threads > cores:
        yield Finding("threads", "warning", f"{words}: they wait for each other", f"set ${VARIABLE} to {cores}")
    else:
        yield Finding("threads", "good", words)


def cores_here() -> int:
    """Cores that this process may use, by its affinity and by the quota of its container."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = QUOTA.read_text(encoding="ascii").split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no container, or "max": without a quota
        return cores
