"""Workers of the tests on a cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from latentdemo.cluster.shards import ShardMaker, ShardRecord
from latentdemo.errors import SamplingError


def dying(folder: str, *given: object) -> Callable[[int], ShardRecord]:
    """Makes shards, and once in each of two shards of the run is killed: before its work and after it."""
    make = ShardMaker(*given)  # type: ignore[arg-type]

    def answer(shard: int) -> ShardRecord:
        if shard == 1 and first_time(folder, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        record = make(shard)
        if shard == 2 and first_time(folder, "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return record

    return answer


def first_time(folder: str, name: str) -> bool:
    """Whether nobody has asked this before."""
    try:
        Path(folder, name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def refusing() -> Callable[[int], int]:
    """Gives back what it is given, up to 1."""

    def answer(item: int) -> int:
        if item > 1:
            raise SamplingError(f"{item} is too much; take less")
        return item

    return answer
