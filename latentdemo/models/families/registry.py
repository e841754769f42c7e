"""The registry of model families: one file and one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from latentdemo.errors import NetworkConfigError, UnknownFamilyError
from latentdemo.models.autoencoder import TrainableAutoencoder
from latentdemo.models.families.aae import AAE
from latentdemo.models.families.daae import DenoisingAAE
from latentdemo.models.families.dvae import DenoisingVAE
from latentdemo.models.families.flow_vae import FlowVAE
from latentdemo.models.families.vae import VAE
from latentdemo.models.network import NetworkConfig, built

FAMILIES: dict[str, type[TrainableAutoencoder]] = {
    family.family: family for family in (VAE, DenoisingVAE, AAE, DenoisingAAE, FlowVAE)
}


def build_model(
    family: str,
    network: NetworkConfig,
    options: Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: torch.device | str | None = None,
) -> TrainableAutoencoder:
    """An untrained model of a family.

    Args:
        family: a key of `FAMILIES`.
        network: sizes of the networks.
        options: the family's own settings, as given by `TrainableAutoencoder.options`.
        seed: draws the first weights; None leaves PyTorch's own, for weights that are loaded next.
        device: where to lay it out, "meta" without any memory; None takes the CPU where a seed draws the weights, else
            what PyTorch is told around this.

    Raises:
        UnknownFamilyError: the family is not registered.
        NetworkConfigError: an option that the family does not take.
    """
    if family not in FAMILIES:
        raise UnknownFamilyError(f"unknown model family {family!r}; known are {', '.join(FAMILIES)}")
    try:
        place = device or ("cpu" if seed is not None else torch.get_default_device())
        model = built(lambda: FAMILIES[family](network, **(options or {})), place)
    except TypeError as error:
        raise NetworkConfigError(f"the family {family!r} does not take these options: {error}") from error
    if seed is not None:
        model.initialise(torch.Generator().manual_seed(seed))
    return model.to(memory_format=torch.channels_last)
