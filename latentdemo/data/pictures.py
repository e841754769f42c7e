"""Pictures that people bring: made into what a model was trained on, looked at, and damaged by known amounts."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps
from torch import Tensor

from latentdemo.data.opening import OpenedPicture, open_picture
from latentdemo.data.registry import DATASETS
from latentdemo.imaging import png_bytes
from latentdemo.random import PICTURE_DAMAGE, chain_generators, rand, randn

KEPT_SIDE = 1024  # In pixels: more are lost on any model.
LIGHT = 0.5  # A ground counts as light from this grey value on.
MID_GREY = 0.5
LOOKED_AT = 64  # A picture is judged by its central square at this side, in pixels,
REST = 1  # and whatever this share of the grey values, in per cent, is darker or lighter than the others.
DARK, BRIGHT = 64, 192  # Grey values that a dark picture stays under, and a bright one over.
FLAT = 8  # Grey levels between the darkest and the lightest of a flat picture.
CLIPPED = 0.5  # The share of a clipped picture's area that is pure black or pure white.

LOOKS = {
    "flat": "It shows next to nothing: all of it has nearly the same grey value.",
    "dark": "It is very dark.",
    "bright": "It is very bright.",
    "clipped": "More than half of it is pure black or pure white, as after wrong exposure or on a plain ground.",
}
"""What may be wrong with a picture that can be read, in whole sentences for pages to translate."""


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
    square = central_square(open_picture(content, 2 * size), size - 2 * margin)
    return as_trained(square, channels, margin, invert, ground)


def picture_as_trained(content: bytes, dataset: str, size: int, channels: int) -> np.ndarray:
    """A picture as the images of a data set are, known or one's own: dark is made light where these are light on black
    and the picture's ground is light; see `read_picture`, which says what else comes of it and what it raises."""
    known = DATASETS.get(dataset)
    margin, ground = (known.margin, known.ground) if known else (0, 255)
    return read_picture(content, size, channels, margin, ground == 0 and on_light_ground(content), ground)


def as_trained(
    square: Image.Image, channels: int, margin: int = 0, invert: bool = False, ground: int = 255
) -> np.ndarray:
    """The central square of a picture in the colours of the training data; see `read_picture`."""
    square = square.convert("LA" if channels == 1 else "RGBA")
    values = np.asarray(square, np.float32)
    colour, opacity = values[..., :-1], values[..., -1:] / 255
    colour = 255 - colour if invert else colour
    flat = opacity * colour + (1 - opacity) * ground
    return np.pad(flat.round().astype(np.uint8), ((margin,) * 2, (margin,) * 2, (0, 0)), constant_values=ground)


def on_light_ground(content: bytes, size: int = 32) -> bool:
    """Whether the object of a picture is darker than its ground, by the border of its central square.

    Where the border is transparent, whether the object is dark. Raises as `read_picture` does.
    """
    values = np.asarray(central_square(open_picture(content, 2 * size), size).convert("LA"), np.float32) / 255
    inside = np.zeros((size, size), bool)
    inside[1:-1, 1:-1] = True
    colour, opacity = values[..., 0], values[..., 1]
    if opacity[~inside].mean() < 0.5:
        return bool((colour * opacity).sum() < LIGHT * opacity.sum())
    return bool(colour[~inside].mean() >= LIGHT)


def central_square(opened: OpenedPicture, size: int) -> Image.Image:
    """The central square of a picture, scaled to (size, size), RGBA."""
    return ImageOps.fit(opened.image, (size, size), Image.Resampling.LANCZOS)


def remarks_on(opened: OpenedPicture) -> tuple[str, ...]:
    """What a person should know of a picture: keys of `CONVERSIONS`, then of `LOOKS`."""
    return opened.conversions + looks_of(opened)


def looks_of(opened: OpenedPicture) -> tuple[str, ...]:
    """What may be wrong with a picture, by its central square: keys of `LOOKS`."""
    grey = as_trained(central_square(opened, LOOKED_AT), 3)
    darkest, lightest = np.percentile(grey, [REST, 100 - REST])
    pure = (grey == 0).all(axis=2) | (grey == 255).all(axis=2)
    found = {
        "flat": lightest - darkest < FLAT,
        "dark": lightest < DARK,
        "bright": darkest >= BRIGHT,
        "clipped": pure.mean() > CLIPPED,
    }
    return tuple(name for name in LOOKS if found[name])


def thumbnail(content: bytes, size: int) -> Image.Image:
    """The whole picture, upright, at most `size` pixels a side, RGBA; raises as `read_picture` does."""
    picture = open_picture(content, 2 * size).image
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    return picture


def normalise_upload(opened: OpenedPicture) -> bytes:
    """A picture as it is worth keeping: at most `KEPT_SIDE` pixels on the shorter side, as PNG.

    `read_picture` takes what this gives, and then need not decode 50 million pixels each time.
    """
    picture = opened.image
    scale = KEPT_SIDE / min(picture.size)
    if scale < 1:
        width, height = (round(scale * length) for length in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return png_bytes(picture)


def damage_picture(picture: Tensor, noise: float, mask: float, seed: int, square: float = MID_GREY) -> Tensor:
    """A picture (C, H, W) in [0, 1] with noise, then a square of one grey value, on it.

    Args:
        picture: the intact one, which stays as it is.
        noise: standard deviation in grey values; what leaves [0, 1] is clipped.
        mask: share of the area that the square covers, 0 to 1.
        seed: fixes noise and place, whatever the amounts are.
        square: its grey value; NaN says that nothing is known there.
    """
    [generator] = chain_generators(seed, 1, first=PICTURE_DAMAGE)
    place = rand(2, generator).tolist()
    damaged = (picture + noise * randn(picture.shape, generator)).clamp(0.0, 1.0)
    height, width = picture.shape[1:]
    side = round((mask * height * width) ** 0.5)
    top, left = (round(share * (length - side)) for share, length in zip(place, (height, width), strict=True))
    damaged[:, top : top + side, left : left + side] = square
    return damaged
