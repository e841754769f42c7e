"""Paths between latents: straight lines, arcs, and grids between four corners.

Draws of a standard normal prior in D dimensions lie near a sphere of radius sqrt(D), and so do encodings under it. A
straight line between two of them passes far inside, where the decoder saw little; an arc keeps the distance from the
origin (White 2016, arXiv 1609.04468). To walk chains from the frames of a path, give `run_chain` the path as `start`
and `noise="shared"`: then neighbouring frames stay neighbours.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from latentdemo.errors import SamplingError

PathKind = Literal["spherical", "linear"]
LEAST_SINE = 1e-6  # of the angle between two latents, below which no arc is told from a line


class Frames(NamedTuple):
    """The frames of a path, in their order.

    Attributes:
        latents: (F, D).
        images: (F, C, H, W), decoded.
    """

    latents: Tensor
    images: Tensor


def interpolate(first: Tensor, last: Tensor, frames: int, kind: PathKind = "spherical") -> Tensor:
    """Latents evenly on the way from `first` to `last`, both ends exactly among them.

    With t from 0 to 1 and the angle a between the ends,

        linear       (1 - t) first + t last
        spherical    sin((1 - t) a) / sin(a) first + sin(t a) / sin(a) last

    Ends that point in the same or in opposite directions, or are zero, lie on no arc or on many; the path between them
    is linear.

    Args:
        first, last: (..., D), one path for each row.
        frames: F, the number of latents on a path, its ends included.
        kind: form of the path.

    Returns:
        (F, ..., D) in the type of `first`.

    Raises:
        SamplingError: fewer than two frames, ends of different shapes, or no such kind of path.
    """
    if kind not in get_args(PathKind):
        raise SamplingError(f"unknown path {kind!r}; known are {', '.join(get_args(PathKind))}")
    if frames < 2 or first.shape != last.shape:
        raise SamplingError(
            f"a path of {frames} frames between latents of shapes {tuple(first.shape)} and {tuple(last.shape)}: "
            "take at least 2 frames, and ends of one shape"
        )
    start, end = first.double(), last.double()
    share = torch.linspace(0.0, 1.0, frames, dtype=torch.double, device=first.device)
    share = share.reshape(-1, *[1] * first.dim())
    weights = arc_weights(start, end, share) if kind == "spherical" else (1.0 - share, share)
    return (weights[0] * start + weights[1] * end).to(first.dtype)


def arc_weights(start: Tensor, end: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """What the two ends (..., D) weigh at each share (F, ..., 1) of the arc between them."""
    angle = torch.cosine_similarity(start, end, dim=-1).clamp(-1.0, 1.0).arccos()[..., None]
    lengths = start.norm(dim=-1, keepdim=True) * end.norm(dim=-1, keepdim=True)
    is_arc = (angle.sin() > LEAST_SINE) & (lengths > 0)
    sine = angle.sin().where(is_arc, torch.ones_like(angle))
    return (
        torch.where(is_arc, ((1.0 - share) * angle).sin() / sine, 1.0 - share),
        torch.where(is_arc, (share * angle).sin() / sine, share),
    )


def morph_grid(corners: Tensor, side: int, kind: PathKind = "spherical") -> Tensor:
    """A square of latents between four corners, (side * side, D) in reading order.

    The upper and the lower edge are paths between their corners, each column is a path between the two edges.

    Args:
        corners: (4, D): upper left, upper right, lower left, lower right.
        side: latents a row and a column.
        kind: form of the paths.

    Raises:
        SamplingError: as `interpolate`.
    """
    upper = interpolate(corners[0], corners[1], side, kind)
    lower = interpolate(corners[2], corners[3], side, kind)
    return interpolate(upper, lower, side, kind).flatten(0, 1)
