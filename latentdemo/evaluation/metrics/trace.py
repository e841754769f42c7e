"""Chains step by step: what each step did to the latent and to the picture, and how near to real data that led."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.evaluation.metrics.prdc import NEIGHBOURS
from latentdemo.evaluation.metrics.rows import FeatureRows, check_rows
from latentdemo.sampling import ChainRun
from latentdemo.sampling.densities.density import FittedDensity

LEAST_UNIT = 1e-9  # It stands in where all encodings are one point.
MIDDLE = (0.05, 0.95)  # Most real data lies between these quantiles.


class Surroundings:
    """Encodings of real data, and how far a latent lies from them.

    The distance of a latent is the mean of its Euclidean distances to the 5 nearest encodings, in units of what
    encodings have among themselves: 1 is as near to real data as the median real picture is to other real pictures.

    Args:
        encodings: (N, D), one posterior draw a picture, for latents of a chain are such draws too.

    Attributes:
        unit: median over the encodings of the mean distance to the 5 nearest others.
        usual: distances that 5 % and 95 % of the encodings themselves stay below.

    Raises:
        QualityError: 5 encodings or fewer, or values that are not finite.
    """

    def __init__(self, encodings: FeatureRows) -> None:
        self.encodings = check_rows(encodings, "encodings", least=NEIGHBOURS + 1)
        apart = torch.cdist(self.encodings, self.encodings).fill_diagonal_(torch.inf)
        own = nearest_mean(apart)
        self.unit = max(own.median().item(), LEAST_UNIT)
        low, high = (own.quantile(share).item() / self.unit for share in MIDDLE)
        self.usual = (low, high)

    def distance(self, latents: Tensor) -> Tensor:
        """Of latents (N, D), (N,)."""
        return (nearest_mean(torch.cdist(latents.double(), self.encodings)) / self.unit).float()


def nearest_mean(distances: Tensor) -> Tensor:
    """Mean of the 5 least of each row, (N,)."""
    return distances.topk(NEIGHBOURS, largest=False).values.mean(dim=1)


@dataclass(frozen=True)
class Trace:
    """Figures of N chains at their steps 0 to S, each of shape (S + 1, N).

    Attributes:
        moved: Euclidean distance of the latent from that of the step before; 0 at step 0.
        changed: mean absolute change of the picture since the step before, in per cent of the grey range.
        changed_since_start: the same since step 0.
        accepted: whether the step was accepted; None for kernels that never reject.
        resting: whether the chain had stopped by itself before the step; None where every chain takes every step.
        distance: from real data, as `Surroundings` has it; None without surroundings.
        log_density: under the fitted density in nats; None without one.
        likelier_than: share of encoded real pictures that are less likely; None without a density.
        from_picture: mean absolute difference from a picture, in per cent of the grey range; None without one.
    """

    moved: Tensor
    changed: Tensor
    changed_since_start: Tensor
    accepted: Tensor | None = None
    resting: Tensor | None = None
    distance: Tensor | None = None
    log_density: Tensor | None = None
    likelier_than: Tensor | None = None
    from_picture: Tensor | None = None


@torch.no_grad()
def trace(
    run: ChainRun,
    surroundings: Surroundings | None = None,
    fitted: FittedDensity | None = None,
    picture: Tensor | None = None,
) -> Trace:
    """The figures of a run.

    Args:
        run: with all its steps recorded.
        surroundings: encodings of real data.
        fitted: density of the learned latent distribution.
        picture: (C, H, W), what the chains were started from before it was damaged.

    Raises:
        SamplingError: a step is missing.
    """
    steps = range(max(run.latents) + 1)
    if sorted(run.latents) != list(steps):
        raise SamplingError(f"the run has only the steps {sorted(run.latents)}: record all of them to trace it")
    latents = torch.stack([run.latents[step] for step in steps])
    images = torch.stack([run.images[step] for step in steps])
    return Trace(
        moved=latents.diff(dim=0, prepend=latents[:1]).norm(dim=2),
        changed=difference(images, torch.cat([images[:1], images[:-1]])),
        changed_since_start=difference(images, images[:1]),
        accepted=with_start(run.info["accepted"], True) if "accepted" in run.info else None,
        resting=with_start(~run.info["walking"], False) if "walking" in run.info else None,
        distance=None if surroundings is None else by_step(surroundings.distance, latents),
        log_density=None if fitted is None else by_step(fitted.log_density, latents),
        likelier_than=None if fitted is None else by_step(fitted.share_below, latents),
        from_picture=None if picture is None else difference(images, picture),
    )


def difference(images: Tensor, others: Tensor) -> Tensor:
    """Mean absolute difference of images (S, N, C, H, W) from others, (S, N), in per cent of the grey range."""
    return 100.0 * (images - others).abs().flatten(2).mean(dim=2)


def with_start(reported: Tensor, at_start: bool) -> Tensor:
    """What S steps reported (S, N), with step 0 before them."""
    return torch.cat([torch.full_like(reported[:1], at_start), reported]) if len(reported) else reported


def by_step(figure: Callable[[Tensor], Tensor], latents: Tensor) -> Tensor:
    """A figure of latents (N, D) for latents (S, N, D), (S, N)."""
    return figure(latents.flatten(0, 1)).reshape(latents.shape[:2])
