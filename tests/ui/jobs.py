"""Work of pages, waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from latentdemo.engine import Job

PATIENCE = 60.0  # seconds until a test gives work up

Result = TypeVar("Result")


def done(work: Callable[[Job[Any]], Result]) -> Result:
    """What some work gives."""
    job = Job("key", work)
    assert job.wait(PATIENCE)
    if job.error:
        raise job.error
    assert job.result is not None
    return job.result
