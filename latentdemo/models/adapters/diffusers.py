"""Autoencoders of diffusers: `AutoencoderKL`, the first stage of latent diffusion.

Spatial latents (N, c, h, w) become vectors of D = c * h * w, scaled to about unit variance as diffusion models take
them, so that the standard normal prior is the one they start from:

    z = (mean + std * noise - location) / scale,    images in [0, 1] as 2 x - 1 in [-1, 1]
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor, nn

from latentdemo.errors import AdapterError, NetworkConfigError
from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork
from latentdemo.models.adapters.diffusers_files import CONFIG, home_of, read_config, read_weights
from latentdemo.models.adapters.networks import filled
from latentdemo.models.weights import WEIGHTS

KIND = "AutoencoderKL"


class DiffusersAutoencoder(AdaptedAutoencoder):
    """An `AutoencoderKL`; its options are the `config.json` of diffusers."""

    family = "diffusers"
    title = KIND
    first_stage: nn.Module

    @classmethod
    def of_weights(
        cls, network: AdaptedNetwork, options: Mapping[str, Any], weights: Mapping[str, Tensor], device: torch.device
    ) -> Self:
        """The model of the tensors that diffusers wrote."""
        kind, options = library_class(), completed(options)
        stage: Any = filled(lambda: kind.from_config(dict(options)), weights, device)
        shape = latent_shape(options, network.inner_size)
        location, scale = location_and_scale(options, device)

        def encode(images: Tensor) -> tuple[Tensor, Tensor]:
            posterior = stage.encode(2.0 * images - 1.0).latent_dist
            return ((posterior.mean - location) / scale).flatten(1), (posterior.std / scale).flatten(1)

        def decode(latents: Tensor) -> Tensor:
            return 0.5 * stage.decode(latents.view(-1, *shape) * scale + location).sample + 0.5

        model = cls(encode, decode, network, 0.0, options, device)
        model.first_stage = stage
        return model

    def content(self) -> dict[str, bytes]:
        return {
            WEIGHTS: format_safetensors(
                {name: each.contiguous() for name, each in self.first_stage.state_dict().items()}
            )
        }


def read_diffusers(folder: Path, image_size: int | None = None, ground: int = 0) -> DiffusersAutoencoder:
    """The model of a folder that diffusers wrote with `save_pretrained`, on the CPU.

    Args:
        folder: of an autoencoder, or of a pipeline that has one; for its files see `diffusers_files`.
        image_size: side of the square pictures; None takes the `sample_size` of the configuration. Any multiple of the
            stride serves, for the networks are convolutional.
        ground: not needed, for there is no margin.

    Raises:
        CheckpointFileMissingError: a file is missing.
        AdapterError: diffusers is not installed, it is another model, or the size does not suit it.
    """
    home = home_of(folder)
    config = read_config(home)
    try:
        kind = config.get("_class_name", KIND if "down_block_types" in config else "model of another kind")
        if kind != KIND:
            raise NetworkConfigError(f"it is a {kind}, taken is {KIND}")
        options = completed({name: value for name, value in config.items() if not name.startswith("_")})
        size = image_size or options["sample_size"]
        channels, height, width = latent_shape(options, size)
        network = AdaptedNetwork(size, options["in_channels"], channels * height * width)
        location_and_scale(options, torch.device("cpu"))
    except (ValueError, TypeError, RuntimeError) as error:
        reason = str(error) if isinstance(error, NetworkConfigError) else repr(error)
        raise AdapterError(f"{home / CONFIG} does not describe a model that can be taken in: {reason}") from error
    return DiffusersAutoencoder.of_weights(network, options, read_weights(home), torch.device("cpu"))


def library_class() -> Any:
    """The class of diffusers.

    Raises:
        AdapterError: it is not installed.
    """
    try:
        from diffusers import AutoencoderKL
    except ImportError as error:
        raise AdapterError("diffusers is missing, which this model needs: pip install diffusers==0.42.1") from error
    return AutoencoderKL


def completed(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with the library's own default for what it leaves out, or says is null."""
    known = inspect.signature(library_class()).parameters.items()
    usual = {name: each.default for name, each in known if each.default is not inspect.Parameter.empty}
    return usual | {name: value for name, value in config.items() if value is not None}


def latent_shape(config: Mapping[str, Any], image_size: int) -> tuple[int, int, int]:
    """(c, h, w) of the latent of a square picture.

    Raises:
        NetworkConfigError: the size is no multiple of the networks' stride.
    """
    stride = 2 ** (len(config["block_out_channels"]) - 1)
    if image_size % stride:
        raise NetworkConfigError(f"pictures of {image_size} pixels are no multiple of the stride, {stride}")
    return config["latent_channels"], image_size // stride, image_size // stride


def location_and_scale(config: Mapping[str, Any], device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of spatial latents, that a configuration knows for each channel, or for all alike.

    Raises:
        NetworkConfigError: they are no such numbers.
    """
    channels, factor = config["latent_channels"], config["scaling_factor"]
    mean, std = config.get("latents_mean"), config.get("latents_std")
    location = torch.tensor(mean or [config.get("shift_factor") or 0.0] * channels, dtype=torch.float32, device=device)
    scale = torch.tensor(std or [1.0] * channels, dtype=torch.float32, device=device) / factor
    finite = location.isfinite().all() and scale.isfinite().all() and math.isfinite(factor)
    if not finite or not (scale > 0).all() or not len(location) == len(scale) == channels:
        raise NetworkConfigError(
            f"scaling_factor is {factor}, latents_mean {mean}, latents_std {std}; these must be finite, the first and "
            f"the last above 0, and of as many numbers as latent_channels, {channels}"
        )
    return location.view(1, -1, 1, 1), scale.view(1, -1, 1, 1)
