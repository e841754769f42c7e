"""Pictures from tensors: contact sheets for people, byte for byte what the model drew."""

from __future__ import annotations

import base64
import io
import math
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from latentdemo.fonts import FONT

if TYPE_CHECKING:
    from torch import Tensor  # what needs no tensor need not wait for PyTorch

PAPER, INK = "white", "#1f2937"
CAPTION_SIZE, SMALLEST_CAPTION = 28, 12  # pixels
MARGIN = 24  # pixels around and between sheets


def to_pixels(images: Tensor) -> np.ndarray:
    """Images (N, C, H, W) in [0, 1] as (N, H, W, 3) uint8, rounded to the nearest grey level."""
    pixels = images.detach().float().clamp(0.0, 1.0).mul(255.0).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def contact_sheet(images: Tensor, columns: int | None = None, scale: int = 1, gap: int = 2) -> Image.Image:
    """Images (N, C, H, W) in reading order, a grid with transparent gaps: LA where they are grey, else RGBA.

    Args:
        columns: images a row; None makes the sheet about square.
        scale: whole-number enlargement, nearest neighbour, so that a pixel of the model stays a pixel.
        gap: space between images, in pixels of the sheet.
    """
    pixels = to_pixels(images)
    count, height, width = pixels.shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    bands = 1 if images.shape[1] == 1 else 3
    opaque = np.full((count, height, width, bands + 1), 255, np.uint8)
    opaque[..., :bands] = pixels[..., :bands]
    tiles = opaque.view(f"u{bands + 1}")[..., 0].repeat(scale, axis=1).repeat(scale, axis=2)  # a pixel is one number
    height, width = height * scale, width * scale
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap), tiles.dtype)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return Image.fromarray(sheet.view(np.uint8).reshape(*sheet.shape, bands + 1))


def enlarged(picture: Image.Image, least: int) -> Image.Image:
    """A picture enlarged by the smallest whole number that makes its longer side `least` pixels; pixels stay pixels."""
    factor = math.ceil(least / max(picture.size))
    if factor <= 1:
        return picture
    return picture.resize((factor * picture.width, factor * picture.height), Image.Resampling.NEAREST)


def comparison(sheets: Sequence[tuple[str, Image.Image]], sheets_a_row: int | None = None) -> Image.Image:
    """Sheets of one size on white, each under its caption.

    Args:
        sheets: caption and sheet (RGBA or LA), in reading order.
        sheets_a_row: sheets beside each other; None puts all in one row.
    """
    width, height = sheets[0][1].size
    columns = min(sheets_a_row or len(sheets), len(sheets))
    rows = math.ceil(len(sheets) / columns)
    right, down = width + MARGIN, CAPTION_SIZE + MARGIN // 2 + height + MARGIN
    canvas = Image.new("RGB", (columns * right + MARGIN, rows * down + MARGIN), PAPER)
    draw, font = ImageDraw.Draw(canvas), caption_font([caption for caption, _ in sheets], width)
    for index, (caption, sheet) in enumerate(sheets):
        row, column = divmod(index, columns)
        left, top = MARGIN + column * right, MARGIN + row * down
        draw.text((left, top + CAPTION_SIZE), caption, fill=INK, font=font, anchor="ls")
        canvas.paste(sheet, (left, top + CAPTION_SIZE + MARGIN // 2), sheet)
    return canvas


def caption_font(captions: Sequence[str], width: int) -> ImageFont.FreeTypeFont:
    """The typeface in the largest size up to the usual one in which every caption is no wider than its sheet."""
    usual = ImageFont.truetype(FONT, CAPTION_SIZE)
    widest = max(usual.getlength(caption) for caption in captions)
    if widest <= width:
        return usual
    return ImageFont.truetype(FONT, max(SMALLEST_CAPTION, math.floor(CAPTION_SIZE * width / widest)))


def png_bytes(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    # run lengths suffice where pixels are enlarged: as small as usual, in half of the time and less
    picture.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def webp_bytes(picture: Image.Image, quality: int | None = None) -> bytes:
    """The picture as a WebP file: byte for byte what it is, or smaller at a quality of 0 to 100."""
    buffer = io.BytesIO()
    # of a lossless file, quality is the effort that is made, which changes no pixel
    kind = {"lossless": True, "quality": 50} if quality is None else {"quality": quality}
    picture.save(buffer, "WEBP", method=4, **kind)
    return buffer.getvalue()


def picture_in(file: bytes) -> Image.Image:
    """The picture of a file that was made here, read when it is first looked at."""
    return Image.open(io.BytesIO(file))


def size_of(file: bytes) -> tuple[int, int]:
    """Width and height of a file's picture, in pixels."""
    with picture_in(file) as picture:
        return picture.size


def data_uri(file: bytes) -> str:
    """A PNG or WebP file as an address of its own, for what must not be fetched."""
    kind = "webp" if file[8:12] == b"WEBP" else "png"
    return f"data:image/{kind};base64,{base64.b64encode(file).decode()}"
