"""A small data set, and networks for it."""

from __future__ import annotations

import numpy as np

from latentdemo.data import ImageSet
from latentdemo.models import NetworkConfig

NETWORK = NetworkConfig(16, 1, 4, 4)


def blobs(count: int, seed: int) -> ImageSet:
    """Bright squares at random places."""
    generator = np.random.default_rng(seed)
    pixels = np.zeros((count, 16, 16, 1), np.uint8)
    for image, (row, column) in zip(pixels, generator.integers(0, 10, (count, 2)), strict=True):
        image[row : row + 6, column : column + 6] = 255
    return ImageSet(pixels)
