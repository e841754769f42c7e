"""The pictures of a review: made once through the engine, kept as they were shown, and set beside each other.

Two pictures go to the browser as one PNG that is not compressed, so that all pairs of a review weigh the same, and
neither an address nor a size tells one way from another.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images
from latentdemo.engine import Job, RunRequest
from latentdemo.errors import DataError
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.reviews.pairs import PICTURES, Pair, Picture
from latentdemo.reviews.review import Plan, Way
from latentdemo.reviews.vote import NOISE, REAL

GREY_LEVELS = 255  # the whitest of so many grey levels above black
TILE = 64  # a picture on a contact sheet is enlarged to so many pixels


def make_sheets(plan: Plan, seed: int, job: Job[Any]) -> dict[str, bytes]:
    """The pictures of all ways, and real ones where there are any that fit: name -> PNG, see `sheet_of`.

    Raises:
        Cancelled: the job should stop.
        LatentdemoError: a way cannot be run, or real data is to be compared and there is none.
    """
    sampled = [way for way in plan.ways if way.spec is not None]
    made = {}
    for place, way in enumerate(sampled):
        share = (place / len(sampled), (place + 1) / len(sampled))
        made[way.name] = sample_way(plan, way, seed, job, share)
    try:
        real = real_pictures(plan.model, seed)
    except DataError:
        if REAL in [way.name for way in plan.ways]:
            raise
    else:
        if real.shape == next(iter(made.values())).shape:
            made[REAL] = real
    return {name: sheet_of(pictures) for name, pictures in made.items()}


def sample_way(plan: Plan, way: Way, seed: int, job: Job[Any], share: tuple[float, float]) -> np.ndarray:
    """The pictures of one way, (N, H, W, C) uint8; arguments and errors as of `make_sheets`."""
    assert way.spec is not None
    spec = way.spec.replaced(count=PICTURES, seed=seed)
    run = job.walk(RunRequest(plan.model, spec, (spec.steps,), digest=plan.model_sha256), share)
    pixels = run.images[spec.steps].clamp(0.0, 1.0).mul(GREY_LEVELS).round().byte()
    return pixels.permute(0, 2, 3, 1).numpy()


def real_pictures(model: str, seed: int) -> np.ndarray:
    """Held-out pictures of the data of a model, chosen at random, (N, H, W, C) uint8.

    Raises:
        DataError: there are none.
    """
    pixels = held_out_images(model_folder(model).parent).pixels
    chance = np.random.default_rng(seed)
    return pixels[chance.choice(len(pixels), PICTURES, replace=len(pixels) < PICTURES)]


def sheet_of(pictures: np.ndarray) -> bytes:
    """Pictures (N, H, W, C) under each other as one PNG, without loss."""
    count, height, width, channels = pictures.shape
    pixels = np.ascontiguousarray(pictures).reshape(count * height, width, channels)
    return png_bytes(Image.fromarray(pixels[..., 0] if channels == 1 else pixels))


def pictures_in(sheet: bytes) -> np.ndarray:
    """What `sheet_of` was given; grey pictures have three equal channels."""
    with Image.open(io.BytesIO(sheet)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    return pixels.reshape(PICTURES, -1, *pixels.shape[1:])


def contact_sheet_of(sheet: bytes, count: int, columns: int) -> Image.Image:
    """The first pictures of a sheet, so many in a grid of so many columns."""
    pixels = pictures_in(sheet)[:count]
    images = torch.tensor(pixels, dtype=torch.float32, device="cpu").permute(0, 3, 1, 2) / GREY_LEVELS
    return contact_sheet(images, columns, max(1, TILE // images.shape[-1]))


def digest_of(sheet: bytes) -> str:
    """What tells whether a sheet is the one that people were shown."""
    return hashlib.sha256(sheet).hexdigest()


def pair_png(pair: Pair, sheets: Mapping[str, np.ndarray], seed: int) -> bytes:
    """Both pictures beside each other in one PNG, whose length depends on their size alone.

    Args:
        pair: to show.
        sheets: name of a way -> its pictures, see `pictures_in`.
        seed: of the review, for noise.
    """
    both = np.concatenate([pixels_of(each, sheets, seed) for each in (pair.left, pair.right)], axis=1)
    buffer = io.BytesIO()
    Image.fromarray(both).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def pixels_of(picture: Picture, sheets: Mapping[str, np.ndarray], seed: int) -> np.ndarray:
    """One picture, (H, W, 3) uint8."""
    if picture.way != NOISE:
        return sheets[picture.way][picture.number]
    shape = next(iter(sheets.values())).shape[1:]
    return np.random.default_rng((seed, picture.number)).integers(0, 256, shape, np.uint8)
