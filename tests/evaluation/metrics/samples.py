"""Features to measure, and what torchmetrics makes of them."""

from __future__ import annotations

import numpy as np
import torch

GENERATOR = np.random.default_rng(0)
SHIFTED = [(0.1, 1.0), (1.0, 0.5), (0.0, 2.0)]  # mean and scale of a second set


def sample(count: int, mean: float = 0.0, scale: float = 1.0, size: int = 6) -> np.ndarray:
    return mean + scale * GENERATOR.standard_normal((count, size))


class PixelFeatures(torch.nn.Module):
    """A feature space for torchmetrics: the pixels themselves."""

    num_features = 24

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)


def by_torchmetrics(metric: torch.nn.Module, real: np.ndarray, fake: np.ndarray) -> torch.Tensor | tuple:
    for rows, is_real in ((real, True), (fake, False)):
        metric.update(torch.from_numpy(rows).reshape(-1, 1, 4, 6), real=is_real)
    return metric.compute()
