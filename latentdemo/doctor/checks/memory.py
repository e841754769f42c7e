"""How much memory is left for the demo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from latentdemo.doctor.finding import Finding, gigabytes

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")  # of a container
NEEDED, WISHED = 1.0 * 2**30, 2.0 * 2**30  # bytes: of a server that just started, and of one with models and visitors


def check() -> Iterator[Finding]:
    """Whether a server has room."""
    left = memory_left()
    if left is None:
        yield Finding("memory", "good", "cannot be read on this system")
    elif left < WISHED:
        yield Finding("memory", "fault" if left < NEEDED else "warning", f"{gigabytes(left)} left",
                      f"give the demo {gigabytes(WISHED)} or more, or close other programs")  # fmt: skip
    else:
        yield Finding("memory", "good", f"{gigabytes(left)} left")


def memory_left() -> int | None:
    """Bytes that this process may still take, of the machine's and of its container's; None where nothing says."""
    limits = [each for each in (of_machine(), of_container()) if each is not None]
    return min(limits, default=None)


def of_machine() -> int | None:
    """Bytes that the machine has left."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", MEMINFO.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return 1024 * int(found[1]) if found else None


def of_container() -> int | None:
    """Bytes that a container leaves; None where it sets no limit."""
    try:
        limit, used = (int((CGROUP / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):
        return None
    return limit - used
