"""Pictures from tensors: contact sheets for people, byte for byte what the model drew."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

CAPTION_SIZE = 28  # pixels


def to_pixels(images: Tensor) -> np.ndarray:
    """Images (N, C, H, W) in [0, 1] as (N, H, W, 3) uint8, rounded to the nearest grey level."""
    pixels = images.detach().float().clamp(0.0, 1.0).mul(255.0).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def contact_sheet(images: Tensor, columns: int | None = None, scale: int = 1, gap: int = 2) -> Image.Image:
    """Images (N, C, H, W) in reading order, a grid with transparent gaps (RGBA).

    Args:
        columns: images a row; None makes the sheet about square.
        scale: whole-number enlargement, nearest neighbour, so that a pixel of the model stays a pixel.
        gap: space between images, in pixels of the sheet.
    """
    pixels = to_pixels(images)
    count, height, width = pixels.shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    height, width = height * scale, width * scale
    sheet = Image.new("RGBA", (columns * (width + gap) - gap, rows * (height + gap) - gap))
    for index, tile in enumerate(pixels):
        row, column = divmod(index, columns)
        enlarged = Image.fromarray(tile).resize((width, height), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (column * (width + gap), row * (height + gap)))
    return sheet


def comparison(sheets: Mapping[str, Image.Image], margin: int = 24) -> Image.Image:
    """Sheets of one size side by side on white, each under its caption."""
    font = ImageFont.load_default(size=CAPTION_SIZE)
    width, height = next(iter(sheets.values())).size
    canvas = Image.new("RGB", (len(sheets) * (width + margin) + margin, height + CAPTION_SIZE + 3 * margin), "white")
    draw = ImageDraw.Draw(canvas)
    for index, (caption, sheet) in enumerate(sheets.items()):
        left = margin + index * (width + margin)
        draw.text((left, margin), caption, fill="#1f2937", font=font)
        canvas.paste(sheet, (left, CAPTION_SIZE + 2 * margin), sheet)
    return canvas


def png_bytes(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
