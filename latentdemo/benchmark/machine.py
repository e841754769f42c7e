"""The machine that measurements were taken on, and how this process takes memory of it."""

from __future__ import annotations

import ctypes
import os
import platform
import re
from contextlib import suppress
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
ONE_HEAP = "MALLOC_ARENA_MAX"
ARENA_MAX = -8  # its number in malloc.h


def machine_name() -> str:
    """Its processor, and how many cores it has."""
    facts = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
    named = re.search(r"^model name\s*: (.+)$", facts, re.MULTILINE)
    return f"{named[1] if named else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def share_one_heap() -> None:
    """Have all threads of this process take memory from one heap, as the demo's server does, unless $MALLOC_ARENA_MAX
    says otherwise; it means something to Linux only.

    A thread with a heap of its own gives large tensors back to the system when it frees them, and gets them page by
    page the next time: steps of many faces take a tenth longer.
    """
    if ONE_HEAP not in os.environ:
        with suppress(AttributeError, OSError, TypeError):  # not glibc
            ctypes.CDLL(None).mallopt(ARENA_MAX, 1)
