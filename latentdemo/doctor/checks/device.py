"""The device that models run on, and what they compute in there."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from latentdemo.checkpoints import best_precision
from latentdemo.doctor.finding import Finding
from latentdemo.models import describe_device, pick_device


def check() -> Iterator[Finding]:
    """Whether the device computes, and how exactly."""
    device = pick_device()
    words = f"{describe_device(device)}; models serve in {best_precision(device)}"
    try:
        ones = torch.ones(8, 8, dtype=torch.float32, device=device)
        right = bool((ones.mm(ones).cpu() == 8.0).all())
    except RuntimeError as error:
        yield Finding("device", "fault", f"{words}; it does not compute: {error}",
                      "look at the driver; CUDA_VISIBLE_DEVICES= (empty) takes the CPU meanwhile")  # fmt: skip
        return
    yield Finding("device", "good" if right else "fault", words if right else f"{words}; it computes wrong numbers",
                  "" if right else "do not trust this device: look at its driver and memory")  # fmt: skip
