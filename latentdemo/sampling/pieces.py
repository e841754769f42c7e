"""Work on a device in short pieces, between which others can have it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

BATCH = 100  # rows of a piece

Call = Callable[[Callable[[], Any]], Any]
"""Does a short piece of work on the device."""


def at_once(work: Callable[[], Any]) -> Any:
    """Work that nobody else waits for."""
    return work()


def in_batches(work: Callable[[Tensor], Tensor], rows: Tensor, call: Call = at_once, size: int = BATCH) -> Tensor:
    """What a piece of work gives for rows (N, ...), a batch at a time and without gradients."""
    return torch.cat([call(partial(torch.no_grad()(work), batch)) for batch in rows.split(size)])
