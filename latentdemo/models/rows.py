"""Batches that get more rows, so that few of them are computed as many are."""

from __future__ import annotations

import torch
from torch import Tensor


def repeated(values: Tensor, more: int) -> Tensor:
    """The rows of a batch, and the last one so many times more."""
    return torch.cat([values, values[-1:].expand(more, *values.shape[1:])])
