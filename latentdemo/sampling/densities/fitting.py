"""Fitting densities to the encodings of a trained model, and adapting the kernels that follow them.

What is fitted sees the encodings of training images only; which density is the best, and how large the steps of the
kernels are, is decided on encodings of held-out images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from latentdemo.checkpoints import load_trained
from latentdemo.checkpoints.config import current_versions
from latentdemo.data import ImageSet
from latentdemo.errors import Cancelled, SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Purpose, stream
from latentdemo.sampling.densities.density import SHARES, StoredDensity
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.densities.spec import BATCH, FitSettings
from latentdemo.sampling.densities.store import (
    DensityConfig,
    are_fitted,
    load_densities,
    read_density_config,
    save_densities,
    weights_to_store,
)
from latentdemo.sampling.densities.unfinished import UnfinishedFit
from latentdemo.sampling.encodings import Encodings, encode_set
from latentdemo.sampling.kernels import KERNELS

DRAWS = 5  # posterior draws of each image that a mixture is fitted to; with one, many components overfit
LARGEST = 512  # dimensions of the latent space; full covariances of more take hours and gigabytes
TUNING_CHAINS = 256
HELD_OUT = 5000  # encodings that likelihoods and quantiles are taken on
HELD_OUT_OF_SLOW = 500  # of a density that takes long to say them

Progress = Callable[[int, int], None]
"""Called with (parts of the fit done, in all)."""


def fit_densities(
    model: GenerativeAutoencoder,
    train: ImageSet,
    held_out: ImageSet,
    *,
    only: Sequence[str] | None = None,
    epochs: int = FitSettings.epochs,
    hidden: int = FitSettings.hidden,
    updates: int = FitSettings.updates,
    seed: int = FitSettings.seed,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DensityConfig:
    """Fit every density of the registry to a model's encodings, adapt the kernels, and write both files beside it.

    A fit that was stopped goes on with the density that it was at.

    Args:
        model: loaded from a checkpoint folder; its weights are not touched. Its folder is encoded with in float32, even
            where this one serves in another precision.
        train: the images that it was trained on.
        held_out: others, to choose and to calibrate by.
        only: names of the densities to fit, the others that were fitted to the same weights staying; None fits all.
        epochs, hidden, updates, seed: see `FitSettings`.
        progress: told how far the fit is.
        cancelled: asked between two parts.

    Raises:
        SamplingError: a model without a folder, too few images, a latent space of too many dimensions, or a name that
            is not in the registry.
        Cancelled: `cancelled` answered True; what was fitted is kept.
    """
    if model.folder is None or len(train) < BATCH or epochs < 1:
        raise SamplingError(f"fitting needs a model with a checkpoint folder, {BATCH} images and one epoch at least")
    if model.latent_size > LARGEST:
        raise SamplingError(
            f"the latent space has {model.latent_size} dimensions, densities are fitted in up to {LARGEST}; the plain "
            "chain, from the prior or from pictures, needs none"
        )
    check_names(only or ())
    settings = FitSettings(epochs, hidden, updates, seed)
    folder, model = model.folder, as_trained(model)
    encodings = encode_set(model, train)
    checked = encode_set(model, held_out).draw(stream(seed, Purpose.FIT_DRAWS, 0))[:HELD_OUT]
    points = drawn_points(encodings, seed)
    scale = points.std(dim=0).clamp(min=1e-3)
    unfinished = UnfinishedFit(folder, asdict(settings) | {"model": model.weights_digest, "images": len(train)})
    densities = fit_all(only or list(DENSITIES), encodings, points, settings, unfinished, progress, cancelled)
    for density in densities.values():  # figures are those of the stored, rounded weights
        density.load_state_dict({key: value.float() for key, value in weights_to_store(density).items()}, strict=False)
        density.eval().requires_grad_(False)
    facts = {name: described(density, checked, scale, seed) for name, density in densities.items()}
    kept = {name: each for name, each in stored_densities(folder).items() if name not in densities} if only else {}
    facts |= {name: facts_of for name, (facts_of, _density) in kept.items()}
    densities |= {name: density for name, (_facts, density) in kept.items()}
    order = sorted(facts, key=lambda name: (not densities[name].followable, facts[name]["held_out"]))
    config = DensityConfig(
        model_sha256=model.weights_digest,
        densities={name: facts[name] for name in order},
        prior_held_out=round(float((0.5 * (checked.square() + math.log(2 * math.pi)).sum(dim=1)).mean()), 4),
        scale=[round(value, 5) for value in scale.tolist()],
        training=asdict(settings) | {"images": len(train), "held_out": len(checked)},
        versions=current_versions(),
        extends=extended(folder, densities.keys() - kept.keys()) if kept else [],
    )
    config = save_densities(folder, densities, config)
    unfinished.drop()
    return config


def check_names(only: Sequence[str]) -> None:
    """Raise SamplingError where a density is named that there is not."""
    if unknown := sorted(set(only) - set(DENSITIES)):
        raise SamplingError(f"unknown densities {', '.join(unknown)}; known are {', '.join(DENSITIES)}")


def extended(folder: Path, names: AbstractSet[str]) -> list[str]:
    """Digests of the files of densities beside a checkpoint that stay whole where densities of some names are added."""
    before = read_density_config(folder)
    return [] if names & before.densities.keys() else [*before.extends, before.sha256]


def stored_densities(folder: Path) -> dict[str, tuple[dict[str, Any], StoredDensity]]:
    """Name -> what `density.json` says of a density beside a checkpoint, and the density; none of other weights."""
    if not are_fitted(folder):
        return {}
    facts, stored = read_density_config(folder).densities, load_densities(folder)
    return {name: (facts[name], cast(StoredDensity, each.density)) for name, each in stored.items()}


def as_trained(model: GenerativeAutoencoder) -> GenerativeAutoencoder:
    """The model of the same checkpoint folder as it was trained, so that its device's precision decides nothing."""
    assert model.folder is not None
    return load_trained(f"{model.folder.parent.name}/{model.folder.name}", model.device, model.folder.parents[1])


def drawn_points(encodings: Encodings, seed: int) -> Tensor:
    """Posterior draws to fit to, (N, D)."""
    draws = 1 if encodings.deterministic else DRAWS
    return torch.cat([encodings.draw(stream(seed, Purpose.FIT_DRAWS, number)) for number in range(1, draws + 1)])


def fit_all(
    names: Sequence[str],
    encodings: Encodings,
    points: Tensor,
    settings: FitSettings,
    unfinished: UnfinishedFit,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> dict[str, StoredDensity]:
    """Name -> density, for some of the registry; those that a fit before this one came to are not fitted again."""
    specs = {name: DENSITIES[name] for name in names}
    total = sum(spec.parts(settings) for spec in specs.values())
    done = 0
    for name, spec in specs.items():
        part, parts = 0, spec.parts(settings)
        if name not in unfinished.densities:
            for part, latest in enumerate(spec.fit(encodings, points, settings), start=1):
                density = latest
                if progress:
                    progress(done + part, total)
                if cancelled and cancelled():
                    raise Cancelled("cancelled; what was fitted is kept, and the next fit goes on from there")
            unfinished.add(name, density)
        done += parts
        if progress and part < parts:  # A fit may end before its last part.
            progress(done, total)
    return {name: unfinished.densities[name] for name in names}


@torch.no_grad()
def described(density: StoredDensity, held_out: Tensor, scale: Tensor, seed: int) -> dict[str, Any]:
    """What `density.json` says of a density."""
    looked_at = held_out if density.followable else held_out[:HELD_OUT_OF_SLOW]
    log_density = torch.cat([density.log_density(batch) for batch in looked_at.split(BATCH)])
    quantiles = np.quantile(log_density.numpy(), SHARES)
    return {
        "kind": density.kind,
        "settings": density.settings(),
        "held_out": round(-float(log_density.mean()), 4),
        "step_sizes": {
            name: spec.tune(density, held_out[:TUNING_CHAINS], scale, seed)
            for name, spec in KERNELS.items()
            if spec.tune and density.followable
        },
        "quantiles": [round(float(value), 3) for value in quantiles],
        **density.notes,
    }
