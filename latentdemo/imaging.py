"""Pictures from tensors: contact sheets for people, byte for byte what the model drew."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from torch import Tensor


def to_pixels(images: Tensor) -> np.ndarray:
    """Images (N, C, H, W) in [0, 1] as (N, H, W, 3) uint8, rounded to the nearest grey level."""
    pixels = images.detach().float().clamp(0.0, 1.0).mul(255.0).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def contact_sheet(
    images: Tensor, columns: int | None = None, scale: int = 1, gap: int = 2, background: str = "#ffffff"
) -> Image.Image:
    """Images (N, C, H, W) in reading order, a grid with `gap` pixels between them.

    Args:
        columns: images a row; None makes the sheet about square.
        scale: whole-number enlargement, nearest neighbour, so that a pixel of the model stays a pixel.
        gap: space between images and around the sheet, in pixels of the sheet.
        background: colour of the gaps and of missing tiles.
    """
    pixels = to_pixels(images).repeat(scale, axis=1).repeat(scale, axis=2)
    count, height, width = pixels.shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), background)
    for index, tile in enumerate(pixels):
        row, column = divmod(index, columns)
        sheet.paste(Image.fromarray(tile), (gap + column * (width + gap), gap + row * (height + gap)))
    return sheet
