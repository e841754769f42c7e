"""Paths between latents: straight lines, arcs, arcs in the base space of a map, and grids between four corners.

Draws of a standard normal prior in D dimensions lie near a sphere of radius sqrt(D), and so do encodings under it. A
straight line between two of them passes far inside, where the decoder saw little; an arc keeps the distance from the
origin (White 2016, arXiv 1609.04468). But the encodings of real data fill that sphere unevenly, and an arc passes
through its gaps. A density with a map from the prior knows where they are: its base space is filled evenly, so an arc
that is laid there and carried back goes around them, and keeps both ends.

To walk chains from the frames of a path, give `run_chain` the path as `start` and `noise="shared"`: then neighbouring
frames stay neighbours. `paths.py` lays paths for a model, through any number of latents.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.sampling.densities.density import TransportMap

PathKind = Literal["spherical", "linear", "base"]
LEAST_SINE = 1e-6  # of the angle between two latents, below which no arc is told from a line


class Frames(NamedTuple):
    """The frames of a path, in their order.

    Attributes:
        latents: (F, D).
        images: (F, C, H, W), decoded.
    """

    latents: Tensor
    images: Tensor


def interpolate(
    first: Tensor, last: Tensor, frames: int, kind: PathKind = "spherical", base: TransportMap | None = None
) -> Tensor:
    """Latents evenly on the way from `first` to `last`, both ends exactly among them.

    With t from 0 to 1, the angle a between the ends, and the map T from the prior,

        linear       (1 - t) first + t last
        spherical    sin((1 - t) a) / sin(a) first + sin(t a) / sin(a) last
        base         T(the spherical path from T^-1(first) to T^-1(last))

    Ends that point in the same or in opposite directions, or are zero, lie on no arc or on many; the path between them
    is linear.

    Args:
        first, last: (..., D), one path for each row.
        frames: F, the number of latents on a path, its ends included.
        kind: form of the path.
        base: the map of "base", such as `resolve_map(model)`; the others need none.

    Returns:
        (F, ..., D) in the type of `first`.

    Raises:
        SamplingError: fewer than two frames, ends of different shapes, no such kind of path, or "base" without a map.
    """
    if frames < 2 or first.shape != last.shape:
        raise SamplingError(
            f"a path of {frames} frames between latents of shapes {tuple(first.shape)} and {tuple(last.shape)}: "
            "take at least 2 frames, and ends of one shape"
        )
    shares = torch.linspace(0.0, 1.0, frames, dtype=torch.double, device="cpu")
    return points_between(first, last, shares.reshape(-1, *[1] * (first.dim() - 1)), kind, base)


def points_between(
    first: Tensor, last: Tensor, shares: Tensor, kind: PathKind, base: TransportMap | None = None
) -> Tensor:
    """Latents at any shares of the way, the ends exactly where the share is 0 or 1.

    Args:
        first, last: (..., D), one path for each row.
        shares: (F, ...) from 0 to 1, or of a shape that is spread to it; on the CPU.
        kind, base: see `interpolate`.

    Returns:
        (F, ..., D) in the type of `first`.

    Raises:
        SamplingError: no such kind of path, or "base" without a map.
    """
    if kind not in get_args(PathKind):
        raise SamplingError(f"unknown path {kind!r}; known are {', '.join(get_args(PathKind))}")
    if kind == "base":
        path = points_between(to_base(first, base), to_base(last, base), shares, "spherical")
        path = from_base(path, base)
    else:
        start, end, share = first.cpu().double(), last.cpu().double(), shares.double()[..., None]  # not all devices can
        weights = arc_weights(start, end, share) if kind == "spherical" else (1.0 - share, share)
        path = (weights[0] * start + weights[1] * end).to(first)
    at_first, at_last = ((shares == end)[..., None].to(first.device) for end in (0.0, 1.0))
    return torch.where(at_first, first, torch.where(at_last, last, path))


def to_base(latents: Tensor, base: TransportMap | None) -> Tensor:
    """Latents (..., D) in the base space of a map; SamplingError where there is none."""
    return needed(base).inverse(latents.reshape(-1, latents.shape[-1])).reshape(latents.shape)


def from_base(latents: Tensor, base: TransportMap | None) -> Tensor:
    """Points of the base space (..., D) carried back; SamplingError where there is no map."""
    return needed(base).transport(latents.reshape(-1, latents.shape[-1])).reshape(latents.shape)


def needed(base: TransportMap | None) -> TransportMap:
    """The map that paths through the base space need."""
    if base is None:
        raise SamplingError("a path through the base space needs a density with a map from the prior: pass it as base")
    return base


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


def morph_grid(corners: Tensor, side: int, kind: PathKind = "spherical", base: TransportMap | None = None) -> Tensor:
    """A square of latents between four corners, (side * side, D) in reading order, the corners exactly among them.

    The upper and the lower edge are paths between their corners, each column is a path between the two edges; of kind
    "base", all of this in the base space.

    Args:
        corners: (4, D): upper left, upper right, lower left, lower right.
        side: latents a row and a column.
        kind: form of the paths.
        base: the map of "base".

    Raises:
        SamplingError: another number of corners, or as `interpolate`.
    """
    if len(corners) != 4:
        raise SamplingError(f"a grid between {len(corners)} corners: take 4")
    if kind == "base":
        grid = from_base(morph_grid(to_base(corners, base), side), base)
        grid[corner_tiles(side)] = corners
        return grid
    upper = interpolate(corners[0], corners[1], side, kind)
    lower = interpolate(corners[2], corners[3], side, kind)
    return interpolate(upper, lower, side, kind).flatten(0, 1)


def corner_tiles(side: int) -> list[int]:
    """Where the four corners lie in a square of so many a side, in reading order."""
    return [0, side - 1, side * (side - 1), side * side - 1]
