"""Pictures that people bring: made into what a model was trained on, and damaged by known amounts.

Uploads come from anybody, so nothing about them is believed but their content, and nothing large is decoded before its
header was looked at.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from latentdemo.errors import PictureError
from latentdemo.imaging import png_bytes
from latentdemo.random import PICTURE_DAMAGE, chain_generators, rand, randn

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_BYTES = 20 * 2**20
LARGEST_PIXELS = 50_000_000
SMALLEST_SIDE, KEPT_SIDE = 8, 1024  # In pixels: fewer show nothing, more are lost on any model.
LIGHT = 0.5  # A ground counts as light from this grey value on.
MID_GREY = 0.5


def read_picture(
    content: bytes, size: int, channels: int, margin: int = 0, invert: bool = False, ground: int = 255
) -> np.ndarray:
    """A picture as the training data are: its central square, scaled, (size, size, channels) uint8.

    Args:
        content: a JPEG, PNG or WebP file; of an animation, the first picture.
        size: side in pixels.
        channels: 1 for grey, 3 for colour.
        margin: pixels of ground on each side, within `size`.
        invert: make dark light, as for a dark object on a light ground where the training data are light on black.
        ground: grey value of the margin, and where the picture is transparent; never inverted.

    Raises:
        PictureError: something else than such a file, a broken one, or one that is too large or too small.
    """
    inner = size - 2 * margin
    square = central_square(content, inner).convert("LA" if channels == 1 else "RGBA")
    values = np.asarray(square, np.float32)
    colour, opacity = values[..., :-1], values[..., -1:] / 255
    colour = 255 - colour if invert else colour
    flat = opacity * colour + (1 - opacity) * ground
    return np.pad(flat.round().astype(np.uint8), ((margin,) * 2, (margin,) * 2, (0, 0)), constant_values=ground)


def on_light_ground(content: bytes, size: int = 32) -> bool:
    """Whether the object of a picture is darker than its ground, by the border of its central square.

    Where the border is transparent, whether the object is dark. Raises as `read_picture` does.
    """
    values = np.asarray(central_square(content, size).convert("LA"), np.float32) / 255
    inside = np.zeros((size, size), bool)
    inside[1:-1, 1:-1] = True
    colour, opacity = values[..., 0], values[..., 1]
    if opacity[~inside].mean() < 0.5:
        return bool((colour * opacity).sum() < LIGHT * opacity.sum())
    return bool(colour[~inside].mean() >= LIGHT)


def central_square(content: bytes, size: int) -> Image.Image:
    """The central square of a picture, scaled to (size, size), RGBA; raises as `read_picture` does."""
    return ImageOps.fit(open_picture(content, 2 * size), (size, size), Image.Resampling.LANCZOS)


def thumbnail(content: bytes, size: int) -> Image.Image:
    """The whole picture, upright, at most `size` pixels a side, RGBA; raises as `read_picture` does."""
    picture = open_picture(content, 2 * size)
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    return picture


def normalise_upload(content: bytes) -> bytes:
    """A picture as it is worth keeping: upright, at most `KEPT_SIDE` pixels on the shorter side, as PNG.

    Raises as `read_picture` does, which takes what this gives, and then need not decode 50 million pixels each time.
    """
    picture = open_picture(content, KEPT_SIDE)
    scale = KEPT_SIDE / min(picture.size)
    if scale < 1:
        width, height = (round(scale * length) for length in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return png_bytes(picture)


def open_picture(content: bytes, size: int) -> Image.Image:
    """A picture, upright, RGBA; a large JPEG may come scaled down, to not less than `size` pixels a side.

    Raises:
        PictureError: something else than a JPEG, PNG or WebP file, a broken one, or one that is too large or too small.
    """
    if len(content) > LARGEST_BYTES:
        raise PictureError("large")
    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > LARGEST_PIXELS:
            raise PictureError("large")
        if min(picture.size) < SMALLEST_SIDE:
            raise PictureError("small")
        picture.draft(None, (size, size))
        if picture.mode.startswith("I"):  # Pillow would clip 16 bits of grey to 8.
            picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        return ImageOps.exif_transpose(picture).convert("RGBA")
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("format") from error
    except Image.DecompressionBombError as error:
        raise PictureError("large") from error
    except Exception as error:  # Decoders raise nearly anything of broken files.
        raise PictureError("broken") from error


def damage_picture(picture: Tensor, noise: float, mask: float, seed: int) -> Tensor:
    """A picture (C, H, W) in [0, 1] with noise, then a grey square, on it.

    Args:
        picture: the intact one, which stays as it is.
        noise: standard deviation in grey values; what leaves [0, 1] is clipped.
        mask: share of the area that the square covers, 0 to 1.
        seed: fixes noise and place, whatever the amounts are.
    """
    [generator] = chain_generators(seed, 1, first=PICTURE_DAMAGE)
    place = rand(2, generator).tolist()
    damaged = (picture + noise * randn(picture.shape, generator)).clamp(0.0, 1.0)
    height, width = picture.shape[1:]
    side = round((mask * height * width) ** 0.5)
    top, left = (round(share * (length - side)) for share, length in zip(place, (height, width), strict=True))
    damaged[:, top : top + side, left : left + side] = MID_GREY
    return damaged
