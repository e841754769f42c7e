"""Where chains start: draws from the prior or a fitted density, encodings of real data, or latents that are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.random import Generators, rand, randn
from latentdemo.sampling.densities.density import Density, FittedDensity
from latentdemo.sampling.densities.resolve import BEST, MAPS, resolve_density
from latentdemo.sampling.kernels.kernel import Autoencoder

if TYPE_CHECKING:
    from latentdemo.data import ImageSet

PRIOR, DENSITY, DATA = "prior", "density", "data"

Starts = Callable[[Sequence[int], Generators], Tensor]
"""Where the given n chains of a run start, (n, D) on the model's device; takes their generators along."""


def keeps_places(start: str) -> bool:
    """Whether draw i of a seed grows from draw i of the prior: itself, or carried by the map of a density."""
    return start == PRIOR or start in MAPS


def starts_of(model: Autoencoder, start: str | Tensor, density: str | Density | FittedDensity | None = None) -> Starts:
    """Everything that is needed to start chains is read here; what is returned only draws.

    Args:
        model: whose latent space it is.
        start: "prior"; "density" for the likeliest fitted density, or the name of one, such as "flow" or "mixture-10";
            "data" for posterior draws of random held-out images; or a latent for each chain, (N, D).
        density: what "density" means, in place of the likeliest.

    Raises:
        SamplingError: a start that is not known here.
        CheckpointError: the fitted densities cannot be read.
        DataError: no held-out images beside the model.
    """
    if isinstance(start, Tensor):
        given = start.detach().to(model.device, torch.float32, copy=True)
        return lambda chains, _generators: given[list(chains)]
    if start == PRIOR:
        return lambda chains, generators: randn((len(chains), model.latent_size), generators, model.device)
    if start == DATA:
        images = held_out_images(model)
        return lambda chains, generators: encoded(model, images, generators, len(chains))
    drawn_from = resolve_density(model, (density or BEST) if start == DENSITY else start).density
    return lambda chains, generators: drawn_from.sample(len(chains), generators)


@torch.no_grad()
def starting_points(model: Autoencoder, start: str, generators: Generators, count: int) -> Tensor:
    """Latents to start from, (count, D) on the model's device; see `starts_of`."""
    return starts_of(model, start)(range(count), generators)


@torch.no_grad()
def encoded(model: Autoencoder, images: ImageSet, generators: Generators, count: int) -> Tensor:
    """Posterior draws of random images, (count, D)."""
    rows = (rand(count, generators) * len(images)).long()
    return model.encode(images.tensor(rows.numpy()).to(model.device)).sample(generators)


def held_out_images(model: Autoencoder) -> ImageSet:
    """The held-out images beside a model; raises as `starts_of` does."""
    if model.folder is None:
        raise SamplingError("this model comes from no checkpoint folder, where held-out images would lie")
    from latentdemo.data import held_out  # noqa: PLC0415 - only the start at data needs pictures

    return held_out.held_out_images(model.folder.parent)
