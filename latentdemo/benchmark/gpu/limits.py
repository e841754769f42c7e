"""What a device can do at best: products of matrices, and bytes that are moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from latentdemo.benchmark.gpu.turns import turns
from latentdemo.models import TrainableAutoencoder

SQUARE = 8192  # side of the matrices on a GPU; a smaller product does not fill one
COPIED = 2**30  # bytes
ON_CPU = 16  # so many times less where a processor stands in for a GPU
PRODUCTS = 8  # of a turn


class Limits(NamedTuple):
    """Of a device: operations a second in bf16 products, and bytes a second that a copy reads and writes."""

    matrix_rate: float
    copy_rate: float


def limits_of(device: torch.device) -> Limits:
    """Measured now."""
    smaller = 1 if device.type == "cuda" else ON_CPU
    side, size = SQUARE // smaller, COPIED // smaller
    square = torch.randn(side, side, dtype=torch.float32, device=device).to(torch.bfloat16)
    source = torch.zeros(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def products() -> None:
        for _ in range(PRODUCTS):
            square @ square

    times = turns({"products": products, "copy": lambda: target.copy_(source)}, device)
    return Limits(PRODUCTS * 2.0 * side**3 / min(times["products"]), 2.0 * size / min(times["copy"]))


@torch.no_grad()
def bytes_a_step(model: TrainableAutoencoder, count: int) -> float:
    """Bytes that a decode-encode step of so many chains moves at least: each layer that multiplies reads its weights
    and its input, and writes its output, and all else is done on the way."""
    moved = {"weights": 0, "rows": 0}

    def note(layer: nn.Module, given: tuple[Any, ...], made: Tensor) -> None:
        moved["rows"] += given[0].nbytes + made.nbytes
        moved["weights"] += sum(each.nbytes for each in layer.parameters())

    with hooked(model, note):
        latent = torch.zeros(1, model.latent_size, dtype=torch.float32, device=model.device)
        model.posterior_of(model.mean_image_of(latent).to(model.dtype))
    return float(moved["weights"] + count * moved["rows"])


@contextmanager
def hooked(model: nn.Module, note: Any) -> Iterator[None]:
    """Has each layer that multiplies tell of its input and output."""
    layers = [each for each in model.modules() if isinstance(each, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
