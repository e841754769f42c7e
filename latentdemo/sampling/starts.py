"""Where chains start: at draws from the prior, from a fitted density, or at encodings of real data."""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.random import Generators, rand, randn
from latentdemo.sampling.density import density_of
from latentdemo.sampling.kernel import Autoencoder

PRIOR, DENSITY, DATA = "prior", "density", "data"


@torch.no_grad()
def starting_points(model: Autoencoder, start: str, generators: Generators, count: int) -> Tensor:
    """Latents to start from, (count, D) on the model's device.

    Args:
        model: whose latent space it is.
        start: "prior"; "density" for the likeliest fitted density, or the name of one, such as "flow" or "mixture-10";
            "data" for posterior draws of random held-out images.
        generators: of the chains.
        count: how many.

    Raises:
        SamplingError: a start that is not known here.
        DataError: no held-out images beside the model.
    """
    if start == PRIOR:
        return randn((count, model.latent_size), generators, model.device)
    if start == DATA:
        if model.folder is None:
            raise SamplingError("this model comes from no checkpoint folder, where held-out images would lie")
        from latentdemo.data import read_held_out  # noqa: PLC0415 - torchvision comes with it, and takes seconds

        images = read_held_out(model.folder.parent)
        rows = (rand(count, generators) * len(images)).long()
        return model.encode(images.tensor(rows.numpy()).to(model.device)).sample(generators)
    return density_of(model, "best" if start == DENSITY else start).density.sample(count, generators)
