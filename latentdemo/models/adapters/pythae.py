"""Models of pythae (https://github.com/clementchadebec/pythae): VAEs, AAEs and their kin, without any unpickling.

Read are `model_config.json` and the tensors of `model.pt`, which PyTorch's restricted reader opens; what else pythae
writes, such as `encoder.pkl`, is a program and is left alone. Networks are those that come with pythae: its default
ones, or those of its benchmarks, which are known by their tensors.

    z ~ N(embedding, diag(exp(log_covariance)));    z = embedding where there is no covariance
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor, nn

from latentdemo.errors import AdapterError, CheckpointMismatchError, NetworkConfigError
from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork
from latentdemo.models.adapters.networks import filled, only_tensors
from latentdemo.models.weights import WEIGHTS, read_bytes

CONFIG, STATE = "model_config.json", "model.pt"
WRITE_ANEW = "write it anew with the model's save()"
SUITED = (
    *("AE", "VAE", "BetaVAE", "DisentangledBetaVAE", "FactorVAE", "BetaTCVAE", "IWAE", "CIWAE", "MIWAE", "PIWAE"),
    *("MSSSIM_VAE", "INFOVAE_MMD_", "WAE_MMD_", "Adversarial_AE_", "VAEGAN", "RAE_GP_", "RAE_L2_"),
)
"""Models whose latents are vectors with a standard normal prior or none, encoded by the encoder alone. These are the
names of their configurations without "Config". Others have another prior (VAMP, SVAE, PoincareVAE), a codebook (VQVAE),
or a flow or a chain between encoder and latent (VAE_IAF, VAE_LinNF, HVAE, RHVAE)."""


class PythaeAutoencoder(AdaptedAutoencoder):
    """Encoder and decoder of a pythae model.

    The options are "model", the name of its configuration, "encoder" and "decoder", classes of pythae, and
    "deterministic", whether the encoder's covariance is left aside, as an `Adversarial_AE` may ask for.
    """

    family = "pythae"
    title = "pythae"
    networks: nn.ModuleDict

    @classmethod
    def of_weights(
        cls, network: AdaptedNetwork, options: Mapping[str, Any], weights: Mapping[str, Tensor], device: torch.device
    ) -> Self:
        """The model of tensors named "encoder. ..." and "decoder. ..."."""
        known, sizes = architectures(), sizes_of(network)
        networks = nn.ModuleDict()
        for part in ("encoder", "decoder"):
            if options.get(part) not in known[part]:
                raise AdapterError(f"{options.get(part)!r} is no {part} of pythae; known are {', '.join(known[part])}")
            networks[part] = filled(partial(known[part][options[part]], sizes), part_of(weights, part), device)
        deterministic = bool(options.get("deterministic"))

        def encode(images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
            output = networks["encoder"](images)
            if deterministic or "log_covariance" not in output:
                return output.embedding
            return output.embedding, torch.exp(0.5 * output.log_covariance)

        model = cls(encode, lambda latents: networks["decoder"](latents).reconstruction, network, 0.0, options, device)
        model.networks = networks
        return model

    def content(self) -> dict[str, bytes]:
        return {
            WEIGHTS: format_safetensors({name: each.contiguous() for name, each in self.networks.state_dict().items()})
        }


def read_pythae(folder: Path, image_size: int | None = None, ground: int = 0) -> PythaeAutoencoder:
    """The model of a folder that pythae wrote, such as the `final_model` of a training run, on the CPU.

    Args:
        folder: with `model_config.json` and `model.pt`.
        image_size: side of the pictures that it is to serve, in whose middle its own lie; None for its own.
        ground: grey value around them, 0 to 255.

    Raises:
        CheckpointFileMissingError: a file is missing.
        AdapterError: pythae is not installed, the model is of another kind, or its networks are not pythae's own.
    """
    try:
        config = json.loads(read_bytes(folder / CONFIG))
        name, shape, latent_size = config["name"], config["input_dim"], config["latent_dim"]
        kind = name.removesuffix("Config")
        if not isinstance(shape, list) or len(shape) != 3:
            raise NetworkConfigError(
                f"input_dim is {shape}, but taken are models of pictures, [channels, height, width]; if such vectors "
                "are pictures, load the model with pythae and hand its networks to latentdemo.adapt within functions "
                "that flatten them"
            )
        channels, height, width = shape
        if height != width:
            raise NetworkConfigError(f"images of {height}x{width} are not square")
        network = AdaptedNetwork.around(height, channels, latent_size, image_size, ground)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = str(error) if isinstance(error, NetworkConfigError) else f"no configuration of a model: {error!r}"
        raise AdapterError(f"{folder / CONFIG}: {reason}") from error
    if kind not in SUITED:
        raise AdapterError(
            f"{kind} of pythae cannot be taken in: its latents are not what its encoder gives, with a standard normal "
            f"prior; "
            f"taken are {', '.join(each.rstrip('_') for each in SUITED)}"
        )
    weights = only_tensors(read_bytes(folder / STATE), folder / STATE, WRITE_ANEW, key="model_state_dict")
    options: dict[str, Any] = {"model": name, "deterministic": bool(config.get("deterministic_posterior"))}
    options |= {part: architecture_of(weights, part, network, folder) for part in ("encoder", "decoder")}
    return PythaeAutoencoder.of_weights(network, options, weights, torch.device("cpu"))


def architecture_of(weights: Mapping[str, Tensor], part: str, network: AdaptedNetwork, folder: Path) -> str:
    """The class of pythae whose tensors an encoder or a decoder has.

    Raises:
        AdapterError: none.
    """
    for name, build in architectures()[part].items():
        try:
            filled(partial(build, sizes_of(network)), part_of(weights, part), torch.device("meta"))
            return name
        except CheckpointMismatchError:
            continue
    raise AdapterError(
        f"the {part} in {folder} is no network that comes with pythae but a class of yours, kept as a program in "
        f"{part}.pkl; that is not read. If you trust the file, load the model with pythae and hand its networks to "
        "latentdemo.adapt, or export them with torch.export and take them in as 'exported'"
    )


def sizes_of(network: AdaptedNetwork) -> SimpleNamespace:
    """What pythae's networks read of a configuration."""
    shape = (network.channels, network.inner_size, network.inner_size)
    return SimpleNamespace(input_dim=shape, latent_dim=network.latent_size)


def part_of(weights: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """The tensors of an encoder or a decoder, under the names that they have within it."""
    prefix = f"{part}."
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def architectures() -> dict[str, dict[str, Callable[[Any], nn.Module]]]:
    """The networks that come with pythae, by part and name.

    Raises:
        AdapterError: pythae is not installed.
    """
    try:
        from pythae.models.nn import default_architectures
        from pythae.models.nn.benchmarks import celeba, cifar, mnist
    except ImportError as error:
        raise AdapterError("pythae is missing, whose networks this model has: pip install pythae==0.1.2") from error
    found: dict[str, dict[str, Callable[[Any], nn.Module]]] = {"encoder": {}, "decoder": {}}
    for module in (default_architectures, mnist, cifar, celeba):
        for name, value in vars(module).items():
            part = name.partition("_")[0].lower()
            if part in found and not {"SVAE", "VQVAE"} & set(name.split("_")):
                found[part][name] = value
    return found
