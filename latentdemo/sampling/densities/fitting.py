"""Fitting densities to encodings, after training: mixtures by expectation maximisation, a flow by maximum likelihood.

What is fitted sees the encodings of training images only; which density is the best, and how large the steps of the
kernels are, is decided on encodings of held-out images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from sklearn.mixture import GaussianMixture as ScikitMixture
from torch import Tensor

from latentdemo.checkpoints import load_trained
from latentdemo.checkpoints.config import current_versions
from latentdemo.data import ImageSet
from latentdemo.errors import Cancelled, SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import epoch_generator
from latentdemo.sampling.chain import walk
from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.sampling.densities.registry import BASELINE, FLOW, FOLLOWED
from latentdemo.sampling.densities.spline_flow import Flow
from latentdemo.sampling.densities.store import DensityConfig, save_densities, weights_to_store
from latentdemo.sampling.encodings import Encodings, encode_set
from latentdemo.sampling.kernels.hmc import HamiltonianMonteCarlo

BATCH = 512
MIXTURES = {BASELINE: 10, FOLLOWED: 100}  # components
DRAWS = 5  # posterior draws of each image that a mixture is fitted to; with one, many components overfit
REGULARISATION = 1e-4  # added to covariances: a deterministic encoder may leave a dimension without spread
LEARNING_RATE = 1e-3  # Adam's at the start; it falls to zero along half a cosine
CLIP = 5.0  # largest norm of a gradient
LARGEST = 512  # dimensions of the latent space; full covariances of more take hours and gigabytes
TUNING_CHAINS, TUNING_STEPS = 256, 60
HELD_OUT = 5000  # encodings that likelihoods and quantiles are taken on
ACCEPTANCE = {"hmc": (5, 0.8), "langevin": (1, 0.574)}  # leapfrog moves, and the acceptance that is best for them:
# Beskos et al. 2013 (arXiv 1001.4460) give 0.65 as a lower bound for long trajectories, Roberts & Rosenthal 1998 0.574

Progress = Callable[[int, int], None]
"""Called with (parts of the fit done, in all)."""


def fit_densities(
    model: GenerativeAutoencoder,
    train: ImageSet,
    held_out: ImageSet,
    *,
    epochs: int = 20,
    hidden: int = 256,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DensityConfig:
    """Fit the mixtures and the flow to a model's encodings, adapt the kernels, and write both files beside it.

    Args:
        model: loaded from a checkpoint folder; its weights are not touched. Its folder is encoded with in float32, even
            where this one serves in another precision.
        train: the images that it was trained on.
        held_out: others, to choose and to calibrate by.
        epochs: of the flow, each with a fresh posterior draw of every image.
        hidden: units of the flow's hidden layers.
        seed: fixes everything.
        progress: told how far the fit is.
        cancelled: asked between two parts.

    Raises:
        SamplingError: a model without a folder, too few images, or a latent space of too many dimensions.
        Cancelled: `cancelled` answered True.
    """
    if model.folder is None or len(train) < BATCH or epochs < 1:
        raise SamplingError(f"fitting needs a model with a checkpoint folder, {BATCH} images and one epoch at least")
    if model.latent_size > LARGEST:
        raise SamplingError(
            f"the latent space has {model.latent_size} dimensions, densities are fitted in up to {LARGEST}; the plain "
            "chain, from the prior or from pictures, needs none"
        )
    folder, model = model.folder, as_trained(model)
    encodings, real = encode_set(model, train), encode_set(model, held_out)
    generator = epoch_generator(seed, 0)
    checked = real.draw(generator)[:HELD_OUT]
    draws = 1 if encodings.deterministic else DRAWS
    points = torch.cat([encodings.draw(generator) for _ in range(draws)])
    densities: dict[str, Density] = {}
    flow = Flow(model.latent_size, hidden=hidden)
    for done in fitted_parts(densities, flow, encodings, points, epochs, seed):
        if progress:
            progress(done, len(MIXTURES) + epochs)
        if cancelled and cancelled():
            raise Cancelled("cancelled; nothing was written")
    densities[FLOW] = flow
    for density in densities.values():  # figures are those of the stored, rounded weights
        density.load_state_dict({key: value.float() for key, value in weights_to_store(density).items()}, strict=False)
        density.eval().requires_grad_(False)
    scale = points.std(dim=0).clamp(min=1e-3)
    facts = {name: described(density, checked, scale, seed) for name, density in densities.items()}
    order = sorted(facts, key=lambda name: facts[name]["held_out"])
    config = DensityConfig(
        model_sha256=model.weights_digest,
        densities={name: facts[name] for name in order},
        prior_held_out=round(float((0.5 * (checked.square() + math.log(2 * math.pi)).sum(dim=1)).mean()), 4),
        scale=[round(value, 5) for value in scale.tolist()],
        training={"epochs": epochs, "hidden": hidden, "seed": seed, "images": len(train), "held_out": len(checked)},
        versions=current_versions(),
    )
    return save_densities(folder, densities, config)


def as_trained(model: GenerativeAutoencoder) -> GenerativeAutoencoder:
    """The model of the same checkpoint folder as it was trained, so that its device's precision decides nothing."""
    assert model.folder is not None
    return load_trained(f"{model.folder.parent.name}/{model.folder.name}", model.device, model.folder.parents[1])


def fitted_parts(
    densities: dict[str, Density], flow: Flow, encodings: Encodings, points: Tensor, epochs: int, seed: int
) -> Iterator[int]:
    """Fit the mixtures into `densities`, then the flow; yields the number of parts done after each."""
    for name, components in MIXTURES.items():
        densities[name] = fit_mixture(points, components, seed)
        yield len(densities)
    for epoch in fit_flow(flow, encodings, epochs, seed):
        yield len(MIXTURES) + epoch


def fit_mixture(points: Tensor, components: int, seed: int) -> GaussianMixture:
    """A mixture fitted to points (N, D) by expectation maximisation (scikit-learn)."""
    fitted = ScikitMixture(
        components, reg_covar=REGULARISATION, init_params="k-means++", max_iter=100, tol=1e-2, random_state=seed
    ).fit(points.numpy())
    mixture = GaussianMixture(points.shape[1], components)
    mixture.log_weights.copy_(torch.from_numpy(np.log(fitted.weights_)))
    mixture.means.copy_(torch.from_numpy(fitted.means_))
    mixture.roots.copy_(torch.from_numpy(fitted.precisions_cholesky_))
    return mixture


def fit_flow(flow: Flow, encodings: Encodings, epochs: int, seed: int) -> Iterator[int]:
    """Maximise the flow's likelihood of posterior draws with Adam; yields each epoch when it is done."""
    with torch.random.fork_rng():  # zuko's layers know no generator
        torch.manual_seed(seed)
        for layer in flow.flow.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.reset_parameters()
    start = encodings.draw(epoch_generator(seed, 0))
    flow.location.copy_(start.mean(dim=0))
    flow.scale.copy_(start.std(dim=0).clamp(min=1e-3))
    optimizer = torch.optim.Adam(flow.parameters(), LEARNING_RATE)
    batches = len(encodings) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    for epoch in range(1, epochs + 1):
        generator = epoch_generator(seed, epoch)
        points = encodings.draw(generator)
        for rows in torch.randperm(len(points), generator=generator).split(BATCH)[:batches]:
            loss = -flow.log_density(points[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), CLIP)
            optimizer.step()
            schedule.step()
        yield epoch


@torch.no_grad()
def described(density: Density, held_out: Tensor, scale: Tensor, seed: int) -> dict[str, Any]:
    """What `density.json` says of a density."""
    log_density = torch.cat([density.log_density(batch) for batch in held_out.split(BATCH)])
    quantiles = np.quantile(log_density.numpy(), np.linspace(0.0, 1.0, 101))
    return {
        "kind": density.kind,
        "settings": density.settings(),
        "held_out": round(-float(log_density.mean()), 4),
        "step_sizes": {
            kernel: adapted_step_size(density, held_out[:TUNING_CHAINS], scale, moves, target, seed)
            for kernel, (moves, target) in ACCEPTANCE.items()
        },
        "quantiles": [round(float(value), 3) for value in quantiles],
    }


def adapted_step_size(
    density: Density, start: Tensor, scale: Tensor, leapfrogs: int, target: float, seed: int
) -> float:
    """The step size at which chains from encodings (N, D) accept the target share: Robbins-Monro on its logarithm."""
    generator = epoch_generator(seed, 0)
    step_size, latent = 0.3, start
    for turn in range(1, TUNING_STEPS + 1):
        kernel = HamiltonianMonteCarlo(density, step_size, scale, leapfrogs)
        *_, (state, info) = walk(kernel, latent, generator, 1)
        assert info is not None
        assert info.accepted is not None
        latent = state.latent
        step_size *= math.exp((float(info.accepted.float().mean()) - target) / turn**0.6)
    return round(step_size, 4)
