"""Paths of a model: through two latents or more, evenly spaced or not, with a few mean steps, and grids of that kind.

`interpolation.py` says where a path passes; here a model decodes and encodes what lies on it. A mean step takes the
posterior mean of the decoded mean: it takes off what an encoder would not have put there, without a chain's noise. Ends
and corners take none, so that they stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.sampling.densities.density import TransportMap
from latentdemo.sampling.densities.resolve import resolve_map
from latentdemo.sampling.interpolation import PathKind, corner_tiles, morph_grid, points_between
from latentdemo.sampling.kernels.kernel import Autoencoder
from latentdemo.sampling.pieces import Call, at_once, in_batches

BATCH = 32  # latents that are decoded at a time, so that others who share the device need not wait long
LOOKS = 8  # at the decoded path between two frames, where frames are spaced by its length
ROUNDS = 2  # of looking, each at points that the one before has spaced

Seen = Callable[[Tensor], Tensor]
"""Features (N, F) of images (N, C, H, W), whose distances are how far images are apart."""


def pixels(images: Tensor) -> Tensor:
    """Images (N, C, H, W) as their own features, (N, C H W)."""
    return images.flatten(1)


@dataclass(frozen=True)
class PathSpec:
    """How a path is laid.

    Attributes:
        kind: its form, see `interpolate`.
        mean_steps: that every latent but the ends takes.
        even: space latents by the length of the decoded path, so that every frame changes as much as any other; else by
            the length of the path in the latent space.
    """

    kind: PathKind = "spherical"
    mean_steps: int = 0
    even: bool = False

    def __post_init__(self) -> None:
        if self.mean_steps < 0:
            raise SamplingError(f"a path of {self.mean_steps} mean steps: take 0 or more")


@torch.no_grad()
def lay_path(
    model: Autoencoder,
    keys: Tensor,
    frames: int,
    spec: PathSpec | None = None,
    *,
    loop: bool = False,
    base: TransportMap | None = None,
    seen: Seen = pixels,
    call: Call | None = None,
) -> Tensor:
    """Latents on the way through all of `keys`, each of them exactly among the latents.

    Args:
        model: whose latent space it is.
        keys: (K, D), two or more.
        frames: of the way from each key to the next, both included.
        spec: how the path is laid; None takes an arc.
        loop: whether it goes on from the last key to the first, and ends before that one, so that it can be repeated.
        base: the map of a path of kind "base"; None takes `resolve_map`.
        seen: where the length of the decoded path is measured; the pixels, if not given.
        call: who does each short piece of the work; None does it at once.

    Returns:
        (F, D) on the CPU: F is (K - 1) (frames - 1) + 1, or K (frames - 1) of a loop.

    Raises:
        SamplingError: fewer than two keys or frames, or as `resolve_map`.
        CheckpointError: as `resolve_map`.

    Example:
        >>> keys = model.encode(torch.rand(3, *model.image_shape)).mean
        >>> path = lay_path(model, keys, 25, PathSpec(even=True), loop=True)
        >>> path.shape == (3 * 24, model.latent_size), torch.equal(path[::24], keys)
        (True, True)
    """
    if len(keys) < 2:
        raise SamplingError(f"a path through {len(keys)} latents: take at least 2")
    layer = Layer(model, spec or PathSpec(), base, seen, call or at_once)
    ends = torch.cat([keys, keys[:1]]) if loop else keys
    legs = [layer.leg(first, last, frames)[:-1] for first, last in pairwise(ends)]
    return torch.cat(legs if loop else [*legs, keys[-1:].cpu()])


@torch.no_grad()
def lay_grid(
    model: Autoencoder,
    corners: Tensor,
    side: int,
    spec: PathSpec | None = None,
    *,
    base: TransportMap | None = None,
    call: Call | None = None,
) -> Tensor:
    """A square of latents between four corners, (side * side, D) on the CPU, see `morph_grid`; arguments and errors as
    of `lay_path`. It is spaced by its lengths in the latent space, since no other spacing suits all rows and columns.
    """
    layer = Layer(model, spec or PathSpec(), base, pixels, call or at_once)
    corners = corners.to(model.device)
    grid = layer.call(lambda: morph_grid(corners, side, layer.spec.kind, layer.base))
    inner = sorted(set(range(side * side)) - set(corner_tiles(side)))
    grid[inner] = layer.stepped(grid[inner])
    return grid.cpu()


class Layer:
    """Lays paths; arguments as of `lay_path`."""

    def __init__(self, model: Autoencoder, spec: PathSpec, base: TransportMap | None, seen: Seen, call: Call) -> None:
        self.model = model
        self.spec = spec
        self.base = resolve_map(model) if base is None and spec.kind == "base" else base
        self.seen = seen
        self.call = call

    def leg(self, first: Tensor, last: Tensor, frames: int) -> Tensor:
        """The way from one latent (D,) to another, (frames, D) on the CPU."""
        if frames < 2:
            raise SamplingError(f"a path of {frames} frames: take at least 2")
        first, last = first.to(self.model.device), last.to(self.model.device)
        shares = np.linspace(0.0, 1.0, frames)
        if self.spec.even:
            looked = np.linspace(0.0, 1.0, LOOKS * (frames - 1) + 1)
            for each in [len(looked)] * (ROUNDS - 1) + [frames]:
                shares = looked = spaced(looked, self.lengths(self.points(first, last, looked)), each)
        return self.points(first, last, shares).cpu()

    def points(self, first: Tensor, last: Tensor, shares: np.ndarray) -> Tensor:
        """Latents at shares (F,) of the way, of which the first and the last are the ends, (F, D)."""
        at = torch.from_numpy(shares)
        path = self.call(lambda: points_between(first, last, at, self.spec.kind, self.base))
        path[1:-1] = self.stepped(path[1:-1])
        return path

    def stepped(self, latents: Tensor) -> Tensor:
        """Latents (N, D) after the mean steps."""
        for _ in range(self.spec.mean_steps):
            latents = self.in_batches(mean_step, latents)
        return latents

    def lengths(self, latents: Tensor) -> np.ndarray:
        """How far each decoded latent is from the next, (N - 1,)."""
        seen = self.in_batches(lambda model, batch: self.seen(model.decode(batch).mean), latents)
        return seen.diff(dim=0).flatten(1).norm(dim=1).double().cpu().numpy()

    def in_batches(self, work: Callable[[Autoencoder, Tensor], Tensor], latents: Tensor) -> Tensor:
        """What a piece of work gives for latents (N, D), a batch at a time."""
        if not len(latents):
            return latents
        return in_batches(partial(work, self.model), latents, self.call, BATCH)


def mean_step(model: Autoencoder, latents: Tensor) -> Tensor:
    """The posterior means of what latents (N, D) decode to."""
    return model.encode(model.decode(latents).mean).mean


def spaced(shares: np.ndarray, lengths: np.ndarray, count: int) -> np.ndarray:
    """So many shares that cut a path into pieces of one length, the ends among them.

    Args:
        shares: (N,) ascending, where the path was looked at.
        lengths: (N - 1,) between neighbours there; where all are 0, the shares stay evenly spaced.
        count: of shares to give.
    """
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    if reached[-1] <= 0.0:
        return np.linspace(shares[0], shares[-1], count)
    found = np.interp(np.linspace(0.0, reached[-1], count), reached, shares)
    found[0], found[-1] = shares[0], shares[-1]
    return found
