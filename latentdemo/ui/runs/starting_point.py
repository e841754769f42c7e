"""What chains and interpolations grow from: the prior, a held-out picture, one's own, or a point of the latent map.

A starting point goes into cached keys; `start_latents` makes it latents.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.data.held_out import held_out_images
from latentdemo.data.pictures import damage_picture
from latentdemo.errors import DataError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import PICTURE_DRAWS, chain_generators
from latentdemo.sampling.attributes import Move, move
from latentdemo.sampling.starts import starting_points
from latentdemo.ui.runs.encodings import Encoded
from latentdemo.ui.runs.map_point import MapPoint, latent_at

HELD_OUT, UPLOAD = "data", "upload"  # kinds of starting points that are pictures
MAP = "map"  # the kind of one that was chosen on the map of the latent space


@dataclass(frozen=True)
class StartingPoint:
    """Where a chain or an interpolation starts; equal points of one model give equal latents.

    Attributes:
        kind: "prior" or the name of a fitted density for draws from it, "data" for a held-out picture, "upload" for
            somebody's own, "map" for a point of the map of the latent space.
        seed: fixes prior draws, posterior draws and damage.
        row: which held-out picture; of draws, which of the seed's comes first.
        picture: of an upload, the picture at the model's own size, as PNG.
        noise: damage, standard deviation in grey values.
        mask: damage, share of the area under a grey square.
        hold: whether chains keep what lies around the square, and fill in the square only.
        place: of a point of the map; None for all others.
        move: along the direction of an attribute, that the latents make besides; None for none.
    """

    kind: str
    seed: int
    row: int = 0
    picture: bytes = b""
    noise: float = 0.0
    mask: float = 0.0
    hold: bool = False
    place: MapPoint | None = None
    move: Move | None = None

    @property
    def is_given(self) -> bool:
        """Whether it has latents of its own, which no name of a start stands for."""
        return self.is_picture or self.place is not None or self.move is not None

    @property
    def is_picture(self) -> bool:
        """Whether it is the encoding of a picture, and no draw."""
        return self.kind in (HELD_OUT, UPLOAD)

    @property
    def damaged(self) -> bool:
        """Whether the model sees something else than the intact picture."""
        return bool(self.noise or self.mask)

    def intact(self, folder: Path) -> Tensor | None:
        """The picture before damage, (C, H, W) in [0, 1]; None for draws.

        Args:
            folder: of the model's data set, where the held-out pictures lie.

        Raises:
            DataError: no such held-out picture.
        """
        if not self.is_picture:
            return None
        if self.kind == HELD_OUT:
            return held_out_picture(folder, self.row)
        with Image.open(io.BytesIO(self.picture)) as picture:
            pixels = np.asarray(picture)
        return ImageSet(np.atleast_3d(pixels)[None]).tensor(slice(None))[0]

    def image(self, folder: Path) -> Tensor | None:
        """What the model sees: the picture, damaged as asked; arguments and errors as of `intact`."""
        picture = self.intact(folder)
        return damage_picture(picture, self.noise, self.mask, self.seed) if picture is not None else None

    def known(self, folder: Path) -> Tensor | None:
        """The pixels that chains hold, NaN under the square; None where they hold none, and for draws. As `intact`."""
        picture = self.intact(folder) if self.hold and self.mask else None
        return damage_picture(picture, self.noise, self.mask, self.seed, nan) if picture is not None else None


@torch.no_grad()
def start_latents(
    point: StartingPoint, model: GenerativeAutoencoder, count: int, encoded: Encoded | None = None
) -> Tensor:
    """Latents to start from, (count, D) on the model's device.

    Of draws, the seed's from `point.row` on; with row 0 they are those of `run_chain` from the same start. Of a
    picture, the mean of its posterior and `count` - 1 draws from it, which are all alike where the encoder is
    deterministic. Of a point of the map, that point for all. All of them moved, where the point is.

    Args:
        point: where to start.
        model: whose latents.
        count: how many.
        encoded: real data in the model's latent space, which a point of the map needs.

    Raises:
        SamplingError: a move that the model does not know.
        DataError: a held-out picture that is not there.
        ImageShapeError: a picture that this model does not take.
    """
    latents = intact_latents(point, model, count, encoded)
    return latents if point.move is None else move(model, latents, *point.move)


def intact_latents(point: StartingPoint, model: GenerativeAutoencoder, count: int, encoded: Encoded | None) -> Tensor:
    """The same before any move."""
    if point.place is not None:
        assert encoded is not None
        return latent_at(point.place, encoded).expand(count, -1).to(model.device)
    picture = point.image(model.folder.parent if model.folder else Path())
    if picture is None:
        return starting_points(model, point.kind, chain_generators(point.seed, count, point.row), count)
    posterior = model.encode(picture[None])
    std = None if posterior.std is None else posterior.std.expand(count, -1)
    repeated = replace(posterior, location=posterior.location.expand(count, -1), std=std)
    draws = repeated.sample(chain_generators(point.seed, count, PICTURE_DRAWS))
    return torch.cat([posterior.mean, draws[1:]])


def held_out_picture(folder: Path, row: int) -> Tensor:
    """One of them, (C, H, W) in [0, 1].

    Raises:
        DataError: there is none of that number.
    """
    images = held_out_images(folder)
    if row not in range(len(images)):
        raise DataError(f"there is no held-out picture {row} in {folder}; the last one is {len(images) - 1}")
    return images.tensor(slice(row, row + 1))[0]
