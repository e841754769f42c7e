"""The vital figures of a model: out of its evaluation, or measured now of some held-out pictures.

Nothing here judges; `findings.py` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.evaluation.metrics.latent_space import LEAST, tell_apart, unused_dimensions
from latentdemo.evaluation.metrics.pictures import sharpness
from latentdemo.evaluation.report import CEILING, REAL_DATA, Report
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Purpose, randn, stream
from latentdemo.sampling.pieces import BATCH, Call, at_once

MEASURED = 1000  # Pictures that are encoded and decoded, where there is no evaluation.


@dataclass(frozen=True)
class Vitals:
    """What a model's health is told from. D values a tuple, one a latent dimension.

    Attributes:
        evaluated: whether these are of an evaluation.
        pictures: held-out pictures that figures are, or would be, taken of.
        mean, std: of the encodings of real pictures, a posterior draw each.
        posterior_kl: mean KL of the posterior to the prior, in nats; None for a deterministic encoder.
        broken: share of the pictures whose encoding or reconstruction is not finite.
        auc, accuracy: of a classifier that tells encodings from draws of the prior; None where there are too few.
        sharpness: of reconstructions over that of the pictures, see `metrics.pictures.sharpness`; None where unknown.
        explained: share of the variance of pictures, around their mean picture, that reconstructions explain; None
            where unknown.
    """

    evaluated: bool
    pictures: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    posterior_kl: tuple[float, ...] | None
    broken: float = 0.0
    auc: float | None = None
    accuracy: float | None = None
    sharpness: float | None = None
    explained: float | None = None

    @property
    def unused(self) -> frozenset[int]:
        """Dimensions that carry nothing of the picture."""
        return frozenset(unused_dimensions(self.std, self.posterior_kl))


def vitals_of_report(report: Report) -> Vitals | None:
    """The vital figures that an evaluation holds; None where it tells nothing of the latent space."""
    space = report.latent_space
    if not space.keys() >= {"mean", "std", "posterior_kl", "classifier"}:
        return None
    measured = [report.references.get(name) for name in (REAL_DATA, CEILING)]
    real, ceiling = (each.own.get("sharpness") if each else None for each in measured)
    kl, classifier = space["posterior_kl"], space["classifier"]
    return Vitals(
        evaluated=True,
        pictures=pictures_of(report),
        mean=tuple(space["mean"]),
        std=tuple(space["std"]),
        posterior_kl=None if kl is None else tuple(kl),
        auc=classifier["auc"],
        accuracy=classifier["accuracy"],
        sharpness=ceiling.mean / real.mean if real and ceiling and real.mean > 0.0 else None,
    )


def pictures_of(report: Report) -> int:
    """Different held-out pictures that an evaluation compared with, in all its repetitions together; see `Interval`
    for how their overlap tells it."""
    if report.overlap == 0.0:
        return report.count * len(report.seeds)
    return round(report.count * (1.0 + report.overlap) / report.overlap)


def vitals_of_pictures(
    model: GenerativeAutoencoder,
    held_out: ImageSet,
    call: Call = at_once,
    progress: Callable[[int, int], None] | None = None,
) -> Vitals:
    """The vital figures of a model as its first 1,000 held-out pictures show them.

    Args:
        model: any, on its device.
        held_out: pictures that it was not trained on, at least one.
        call: does the pieces of the work.
        progress: told how many pictures are done, and of how many.

    Raises:
        LatentdemoError: the model does not take such pictures.
    """
    count, generator = min(MEASURED, len(held_out)), stream(0, Purpose.ENCODINGS)
    parts = []
    for first, end in pairwise([*range(0, count, BATCH), count]):
        parts.append(call(partial(pass_through, model, held_out.tensor(slice(first, end)), generator)))
        if progress:
            progress(end, count)
    latents, kl, sharp, squares = (torch.cat(each) for each in zip(*parts, strict=True))
    finite = latents.isfinite().all(dim=1) & kl.isfinite().all(dim=1) & sharp.isfinite()
    latents, kl, sharp, squares = (each[finite] for each in (latents, kl, sharp, squares))
    pictures = held_out.tensor(slice(0, count))[finite.nonzero().flatten()]
    auc = accuracy = None
    if len(latents) >= LEAST:
        prior = randn(latents.shape, stream(0, Purpose.PRIOR_SAMPLE))
        told = call(partial(tell_apart, latents.double().numpy(), prior.double().numpy(), 0))
        auc, accuracy = told.auc, told.accuracy
    return Vitals(
        evaluated=False,
        pictures=len(held_out),
        mean=values_of(latents.mean(dim=0)),
        std=values_of(latents.std(dim=0, correction=0)),
        posterior_kl=values_of(kl.mean(dim=0)) if kl.shape[1] else None,
        broken=1.0 - len(latents) / count,
        auc=auc,
        accuracy=accuracy,
        sharpness=share(sharp.mean(), sharpness(pictures).mean()) if len(pictures) else None,
        explained=explained_share(squares, pictures) if len(pictures) else None,
    )


@torch.no_grad()
def pass_through(
    model: GenerativeAutoencoder, pictures: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of pictures (N, C, H, W): posterior draws (N, D), KL to the prior (N, D), or (N, 0) of a deterministic encoder,
    sharpness of their reconstructions (N,), and squared errors summed over pixels (N,); on the CPU."""
    posterior = model.encode(pictures)
    latents = posterior.sample(generator)
    decoded = model.decode(latents).mean.float().cpu()
    kl = latents[:, :0] if posterior.std is None else posterior.kl_to_prior(generator)
    return latents.float().cpu(), kl.float().cpu(), sharpness(decoded), (decoded - pictures).square().sum(dim=(1, 2, 3))


def explained_share(squares: Tensor, pictures: Tensor) -> float | None:
    """1 - squared error of reconstructions / that of the mean picture; None where all pictures are the same."""
    around_mean = (pictures - pictures.mean(dim=0)).square().sum()
    unexplained = share(squares.sum(), around_mean)
    return None if unexplained is None else 1.0 - unexplained


def share(part: Tensor, whole: Tensor) -> float | None:
    """A share; None of nothing."""
    return float(part / whole) if whole > 0.0 else None


def values_of(row: Tensor) -> tuple[float, ...]:
    """The numbers of a row (D,)."""
    return tuple(np.asarray(row, float).tolist())
