"""The evaluation of a model: quality of its samples at chosen chain steps, between a floor and a ceiling.

Every figure is taken with equal numbers of images against real held-out images, and repeated over seeds: other samples,
other held-out images, other training images. The floor is real training data itself, the ceiling what the decoder
makes of the encodings of real training data: no sampler of the latent space can be expected to do better.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.evaluation.features import Features
from latentdemo.evaluation.quality import QualityError, measure_quality
from latentdemo.models import GenerativeAutoencoder, describe_device
from latentdemo.random import epoch_generator
from latentdemo.sampling import run_batches

FLOOR, CEILING, GAP = "real data", "ceiling", "gap_closed"

Progress = Callable[[int, int], None]
"""Called with (sets of images done, in all)."""


@dataclass(frozen=True)
class Interval:
    """A figure over seeds.

    Attributes:
        mean: over seeds.
        error: its standard error; None where there is one seed only. Draws of held-out images overlap between seeds,
            which makes it a little too small.
    """

    mean: float
    error: float | None


def evaluate_model(
    model: GenerativeAutoencoder,
    features: Features,
    train: ImageSet,
    held_out: ImageSet,
    *,
    steps: Sequence[int] = (0, 1, 5, 10),
    count: int = 2000,
    seeds: Sequence[int] = (0, 1, 2),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Quality of the prior samples and of the decode-encode chain.

    Args:
        model: to evaluate.
        features: the feature space; figures of different spaces cannot be compared, least of all with Inception's.
        train, held_out: real images.
        steps: of the chain; step 0, the prior sample, is always among them.
        count: images a side.
        seeds: one repetition each.

    Returns:
        What was measured and on what, and under "figures": "real data", "ceiling" and "step K" -> figure -> `Interval`;
        a step's `gap_closed` is 0 % at the prior sample and 100 % at the ceiling, in Fréchet distance; it is left out
        where the prior sample is no worse than the ceiling.

    Raises:
        QualityError: fewer real images than `count`, or no seed.
    """
    if not seeds or count > min(len(train), len(held_out)):
        most = min(len(train), len(held_out))
        raise QualityError(f"{len(seeds)} seeds and {count} images; take a seed at least and {most} images at most")
    shown = sorted({0, *steps})
    rounds = []
    for index, seed in enumerate(seeds):
        rounds.append(one_round(model, features, train, held_out, shown, count, seed))
        if progress:
            progress(index + 1, len(seeds))
    return {
        "features": {"name": features.name, "sha256": features.digest},
        "kernel": "decode-encode",
        "count": count,
        "seeds": list(seeds),
        "device": describe_device(model.device),
        "figures": {
            name: {figure: interval([each[name][figure] for each in rounds]) for figure in known_in_all(rounds, name)}
            for name in rounds[0]
        },
    }


def known_in_all(rounds: Sequence[dict[str, dict[str, float]]], name: str) -> list[str]:
    """The figures of a set of images that every seed has."""
    return [figure for figure in rounds[0][name] if all(figure in each[name] for each in rounds)]


def one_round(
    model: GenerativeAutoencoder,
    features: Features,
    train: ImageSet,
    held_out: ImageSet,
    steps: Sequence[int],
    count: int,
    seed: int,
) -> dict[str, dict[str, float]]:
    """All figures of one seed."""
    generator = np.random.default_rng(seed)
    real = features(some(held_out, count, generator))
    training_images = some(train, count, generator)
    measured = {
        FLOOR: measure_quality(real, features(training_images)),
        CEILING: measure_quality(real, features(rebuilt(model, training_images, seed))),
    }
    walked = features_at_steps(model, features, steps, count, seed)
    at_steps = {f"step {step}": measure_quality(real, rows) for step, rows in walked.items()}
    gap = at_steps["step 0"].frechet_distance - measured[CEILING].frechet_distance
    figures = {name: quality._asdict() for name, quality in (measured | at_steps).items()}
    if gap > 0:
        for name, quality in at_steps.items():
            closed = at_steps["step 0"].frechet_distance - quality.frechet_distance
            figures[name][GAP] = 100.0 * closed / gap
    return figures


def some(images: ImageSet, count: int, generator: np.random.Generator) -> Tensor:
    """So many images, chosen at random without repetition."""
    return images.tensor(np.sort(generator.permutation(len(images))[:count]))


@torch.no_grad()
def rebuilt(model: GenerativeAutoencoder, images: Tensor, seed: int) -> Tensor:
    """The decoded mean of one posterior draw an image."""
    generator = epoch_generator(seed, 0, model.device)
    return torch.cat(
        [model.decode(model.encode(batch.to(model.device)).sample(generator)).mean.cpu() for batch in images.split(250)]
    )


def features_at_steps(
    model: GenerativeAutoencoder, features: Features, steps: Sequence[int], count: int, seed: int
) -> dict[int, Tensor]:
    """Features of chains from the prior at each step, a batch of images in memory at a time."""
    rows: dict[int, list[Tensor]] = {step: [] for step in steps}
    for run in run_batches(model, count=count, steps=max(steps), seed=seed, record=steps):
        for step, images in run.images.items():
            rows[step].append(features(images))
    return {step: torch.cat(parts) for step, parts in rows.items()}


def interval(values: Sequence[float]) -> Interval:
    """Mean and standard error."""
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return Interval(statistics.fmean(values), error)
