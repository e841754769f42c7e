"""Points of the map of the latent space, and the latents that they stand for.

The map is a plane through the latent space, with the two axes of `Encoded.plane`. A point of it says two coordinates of
a latent; those along all other directions are the mean of the encodings, or what the encoding of one picture has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import DataError
from latentdemo.ui.runs.encodings import MARGIN, SHOWN_SHARE, Encoded, in_plane

AVERAGE = -1  # in the place of a picture's number: the plane goes through the mean of the encodings
FARTHEST = 2.0  # coordinates reach so far, where what the map shows ends at 1
DIGITS = 3  # decimals of a coordinate


class MapPoint(NamedTuple):
    """A point of a plane.

    Attributes:
        x, y: along the axes, from -1 to 1 on what is shown; 0 is the mean of the encodings.
        rest: number of the held-out picture whose encoding the plane goes through, or `AVERAGE`.
    """

    x: float = -0.5
    y: float = -0.5
    rest: int = AVERAGE


def map_reach(encoded: Encoded) -> float:
    """How far the map reaches to all sides of the mean of the encodings, in units of the latent space.

    As far as all but a few encodings, and as three standard deviations of the prior.
    """
    mean, axes, _explained = encoded.plane
    real = np.quantile(np.abs(in_plane(encoded.latents, encoded.plane)), SHOWN_SHARE)
    return float(max(real, (mean @ axes.T).abs().max() + 3.0)) * MARGIN


def on_map(latents: Tensor, encoded: Encoded) -> np.ndarray:
    """Where latents (N, D) lie on the map, (N, 2)."""
    return in_plane(latents, encoded.plane) / map_reach(encoded)


def latents_at(places: Tensor, rest: int, encoded: Encoded) -> Tensor:
    """The latents (N, D) at places (N, 2) of the map, in the plane through a picture's encoding, or through the mean.

    Raises:
        DataError: no such picture is encoded.
    """
    mean, axes, _explained = encoded.plane
    within = mean + map_reach(encoded) * places @ axes
    if rest == AVERAGE:
        return within
    if rest not in range(len(encoded.latents)):
        raise DataError(f"held-out picture {rest} is not on the map; the last one is {len(encoded.latents) - 1}")
    offset = encoded.latents[rest] - mean
    return within + offset - (offset @ axes.T) @ axes


def latent_at(point: MapPoint, encoded: Encoded) -> Tensor:
    """The latent of a point, (1, D); raises as `latents_at` does."""
    places = torch.tensor([[point.x, point.y]], dtype=torch.float32, device="cpu")
    return latents_at(places, point.rest, encoded)


def point_of_picture(picture: int, encoded: Encoded) -> MapPoint:
    """Where the encoding of a held-out picture lies, in the plane through it."""
    x, y = on_map(encoded.latents[picture : picture + 1], encoded)[0].tolist()
    return MapPoint(round(x, DIGITS), round(y, DIGITS), picture)
