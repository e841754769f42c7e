"""Sets of feature vectors, an image a row: what is looked at before a figure is taken of them, and their distances."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import LatentdemoError

BLOCK = 1000  # So many rows of a distance matrix are held at a time: 40 MB against 5,000 columns.
ROUNDING = 5e-7  # The same picture in another batch differs by this share of the largest feature.

FeatureRows = Tensor | np.ndarray
"""(N, F) features, one image a row."""


class QualityError(LatentdemoError, ValueError):
    """Features that no quality figure can be taken of."""


def check_features(real: FeatureRows, fake: FeatureRows, least: int) -> tuple[Tensor, Tensor]:
    """Both sets as float64 on the CPU, after everything that a caller can get wrong was looked at."""
    sides = check_rows(real, "real features", least), check_rows(fake, "generated features", least)
    if sides[0].shape[1] != sides[1].shape[1]:
        raise QualityError(
            f"{sides[0].shape[1]} real against {sides[1].shape[1]} generated features: take both from one feature space"
        )
    for name, side in zip(("real", "generated"), sides, strict=True):
        if (side - side[0]).abs().max() <= ROUNDING * side.abs().max():
            raise QualityError(
                f"the {name} features are the same in all {len(side)} rows, as if of one picture: "
                "no figure can be taken of a set without variety; look at its images and take a set of different ones"
            )
    return sides


def check_rows(rows: FeatureRows, name: str, least: int) -> Tensor:
    """One set as float64 on the CPU.

    Raises:
        QualityError: not two-dimensional, fewer rows than `least`, or values that are not finite.
    """
    side = torch.as_tensor(rows, device="cpu").detach().double()
    if side.dim() != 2 or len(side) < least:
        raise QualityError(f"the {name} have shape {tuple(side.shape)}; take (N, F), N at least {least}")
    if not torch.isfinite(side).all():
        raise QualityError(f"the {name} hold values that are not finite; look at their images")
    return side


def squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """Squared Euclidean distances (N, M) of all pairs of rows as |x|^2 + |y|^2 - 2 x.y: quick, and slightly wrong."""
    squares = torch.addmm(second.square().sum(dim=1), first, second.T, alpha=-2.0)
    return squares.add_(first.square().sum(dim=1, keepdim=True))
