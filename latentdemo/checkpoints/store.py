"""Checkpoint folders: `model.safetensors`, `config.json` and a model card; nothing in them is ever unpickled.

    checkpoints/<data set>/<family>/

Weights lie in half precision (small tensors, such as batch norm's, in full) and are loaded as float32. Of models that
others trained they lie as they were, and an adapter makes the model (`latentdemo/models/adapters`).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor

from latentdemo.checkpoints.config import CONFIG, CheckpointConfig, read_config
from latentdemo.checkpoints.roots import model_folder
from latentdemo.checkpoints.serving import Interleaved, Precision, serve
from latentdemo.errors import (
    CheckpointDigestError,
    CheckpointMismatchError,
)
from latentdemo.files import write_atomically, write_json
from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork
from latentdemo.models.adapters import ADAPTERS
from latentdemo.models.autoencoder import GenerativeAutoencoder, TrainableAutoencoder
from latentdemo.models.device import pick_device
from latentdemo.models.families.registry import build_model
from latentdemo.models.network import NetworkConfig
from latentdemo.models.weights import (
    FLOW_STRUCTURE,
    REMEDY,
    WEIGHTS,
    check_fit,
    check_numbers,
    half_precision,
    parse_weights,
    read_bytes,
)

Form = Literal["served", "trained", "bf16"]


def load_model(
    name: str,
    device: torch.device | str | None = None,
    root: str | Path | None = None,
    precision: Precision | None = None,
) -> GenerativeAutoencoder:
    """A trained model, ready to encode and decode, in the form that is fastest on its device; see `serving.py`.

    All who sample load their models here, so that a seed gives the same chains wherever they are walked.

    Args:
        name: as `list_models` gives it.
        device: where to put it; None takes cuda, else mps, else cpu.
        root: folder of the checkpoints; None looks in `checkpoint_roots()`.
        precision: "float32" or "bf16"; None takes the best for the device.

    Raises:
        ModelNotFoundError: no model of that name.
        CheckpointError: a file is missing, broken, or does not fit; the subclass and the message say which.
        UnknownFamilyError: the configuration names a family that this version does not know.

    Example:
        >>> model = load_model("fashion-mnist/dvae", device="cpu")
        >>> model.decode(torch.zeros(1, model.latent_size)).mean.shape
        torch.Size([1, 1, 32, 32])
    """
    return serve(load_trained(name, device, root), precision)


def load_form(name: str, device: torch.device | str | None = None, form: Form = "served") -> GenerativeAutoencoder:
    """A model in the form that is asked for; raises as `load_model` does.

    Args:
        name: as `list_models` gives it.
        device: where to put it; None takes cuda, else mps, else cpu.
        form: "trained" as by `load_trained`; "served" as by `load_model`, or in bf16 wherever it is: "bf16".
    """
    if form == "trained":
        return load_trained(name, device)
    return load_model(name, device, precision="bf16" if form == "bf16" else None)


def load_trained(
    name: str, device: torch.device | str | None = None, root: str | Path | None = None
) -> GenerativeAutoencoder:
    """A model as it was trained, layer for layer in float32: the reference that `load_model` is measured against.

    Args and raises: as `load_model`.
    """
    folder = model_folder(name, root)
    config, place = read_config(folder), pick_device(device)
    model = restore_adapted(folder, config, place) if config.family in ADAPTERS else restore_trained(folder, config)
    model.folder, model.weights_digest = folder, config.sha256
    return model.to(place).eval().requires_grad_(False)


def restore_trained(folder: Path, config: CheckpointConfig) -> TrainableAutoencoder:
    """The model of a family, on the CPU; raises as `load_model` does."""
    assert isinstance(config.network, NetworkConfig)
    options = {**config.options, "residual_std": config.residual_std}
    model = build_model(config.family, config.network, options, device="cpu")
    fill_weights(model, read_weights(folder / WEIGHTS, config.sha256), folder)
    return model


def restore_adapted(folder: Path, config: CheckpointConfig, device: torch.device) -> AdaptedAutoencoder:
    """The model that an adapter makes; raises as `load_model` does."""
    assert isinstance(config.network, AdaptedNetwork)
    adapter = ADAPTERS[config.family]
    content = {name: read_bytes(folder / name) for name in adapter.files}
    check_digest(b"".join(content.values()), config.sha256, folder / adapter.files[0])
    model = adapter.restore(config.network, config.options, content, device)
    model.residual_std = config.residual_std
    return model


def read_weights(path: Path, sha256: str, remedy: str = REMEDY) -> dict[str, Tensor]:
    """The tensors of a safetensors file, as they lie in it: floating-point numbers, all of them finite.

    Args:
        path: the file.
        sha256: the digest that its configuration expects.
        remedy: what to do where the file is no good.

    Raises:
        CheckpointFileMissingError: no such file.
        CheckpointCorruptError: truncated, not a safetensors file, or of numbers that are not finite.
        CheckpointDigestError: intact, but not the weights that the configuration was written for.
    """
    content = read_bytes(path)
    weights = parse_weights(content, path, remedy)
    check_digest(content, sha256, path, remedy)
    check_numbers(weights, path, remedy)
    return weights


def check_digest(content: bytes, sha256: str, path: Path, remedy: str = REMEDY) -> None:
    """Raise CheckpointDigestError where content is not what a configuration was written for."""
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise CheckpointDigestError(
            f"{path} has the digest {digest[:12]}…, but its configuration expects {sha256[:12] or 'none'}…: "
            f"the two files are not from one training run; {remedy}"
        )


def fill_weights(model: TrainableAutoencoder, weights: dict[str, Tensor], folder: Path) -> None:
    """Put stored weights into a model; raises as `check_fit` does."""
    check_fit(sampling_state(model), weights, folder / WEIGHTS)
    model.load_state_dict(weights, strict=False)


def sampling_state(model: TrainableAutoencoder) -> dict[str, Tensor]:
    """The tensors that sampling needs; what only training needs stays behind, and what settings make again."""
    return {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith(model.training_only) and not name.endswith((*FLOW_STRUCTURE, "num_batches_tracked"))
    }


def save_checkpoint(
    folder: Path, model: TrainableAutoencoder | AdaptedAutoencoder, dataset: str, **facts: Any
) -> CheckpointConfig:
    """Write a model's weights and configuration into a folder.

    Args:
        folder: made where it is missing.
        model: the trained model.
        dataset: name of the data set.
        facts: `training`, `measured` and `versions` of `CheckpointConfig`.

    Raises:
        AdapterError: a pair of functions, which no file can hold.
        CheckpointMismatchError: a model in the form that serves, whose layers are no longer those that were trained.
    """
    if isinstance(model, TrainableAutoencoder) and isinstance(model.decoder[-1], Interleaved):
        raise CheckpointMismatchError("a model from load_model serves only and cannot be saved: take load_trained")
    content = content_of(model)
    config = CheckpointConfig(
        family=model.family,
        network=model.network,
        options=model.options(),
        residual_std=model.residual_std,
        dataset=dataset,
        sha256=hashlib.sha256(b"".join(content.values())).hexdigest(),
        **facts,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        write_atomically(folder / name, data)
    write_json(folder / CONFIG, asdict(config))
    return config


def content_of(model: TrainableAutoencoder | AdaptedAutoencoder) -> dict[str, bytes]:
    """Name of each file that makes the model -> what is in it."""
    if isinstance(model, AdaptedAutoencoder):
        return model.content()
    return {WEIGHTS: format_safetensors(half_precision(sampling_state(model)))}
