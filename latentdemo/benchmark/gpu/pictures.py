"""Whether a GPU draws the pictures of the processor from the same seeds, in each precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from latentdemo.benchmark.timing import Table
from latentdemo.checkpoints import load_model
from latentdemo.engine import Engine, RunRequest
from latentdemo.models import describe_device
from latentdemo.models.device import Precision
from latentdemo.sampling import run_chain

STEPS = (0, 1, 5, 10)
COUNT = 64
ACCEPTED = 1.5  # So many times what bf16 changes on the processor, where its figures of quality were taken.
GREY_LEVELS = 255
WAYS: tuple[tuple[str, Precision, bool], ...] = (
    ("float32, no TF32", "float32", False),
    ("float32", "float32", True),
    ("bf16", "bf16", True),
)


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Whether convolutions in float32 may round their inputs to TF32; PyTorch's own answer is yes."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def measure_pictures(name: str, device: torch.device, count: int = COUNT) -> tuple[Table, bool]:
    """Grey levels by which pictures of the plain chain differ from the processor's in float32, and whether bf16 differs
    no more than it does on the processor.

    Raises:
        LatentdemoError: a model that cannot be loaded.
    """
    wish: dict[str, Any] = {"count": count, "steps": max(STEPS), "seed": 7, "record": STEPS}
    wanted = run_chain(load_model(name, "cpu", precision="float32"), **wish).images
    found = {"bf16 on the processor": run_chain(load_model(name, "cpu", precision="bf16"), **wish).images}
    for label, precision, allowed in WAYS:
        with tf32(allowed):
            engine = Engine(device)
            try:
                found[label] = engine.run(RunRequest.of(load_model(name, device, precision=precision), **wish)).images
            finally:
                engine.close()
    rows = [{"": label} | differences(images, wanted) for label, images in found.items()]
    mean = {label: float((images[max(STEPS)] - wanted[max(STEPS)]).abs().mean()) for label, images in found.items()}
    title = f"{name}: grey levels from the processor's float32, mean (99 % of the pixels, most)"
    return Table(f"{title}; {count} chains, {describe_device(device)}", rows), mean["bf16"] <= ACCEPTED * mean[
        "bf16 on the processor"
    ]


def differences(images: dict[int, Tensor], wanted: dict[int, Tensor]) -> dict[str, str]:
    """By step, in grey levels: the mean difference, what 99 % of the pixels stay within, and the largest."""
    told = {}
    for step in STEPS:
        levels = GREY_LEVELS * (images[step] - wanted[step]).abs().flatten()
        within = levels.kthvalue(max(1, round(0.99 * len(levels)))).values
        told[f"step {step}"] = f"{levels.mean():.2g} ({within:.2g}, {levels.max():.2g})"
    return told
