"""Checkpoint folders: `model.safetensors`, `config.json` and a model card; nothing in them is ever unpickled.

    checkpoints/<data set>/<family>/

Weights lie in half precision (small tensors, such as batch norm's, in full) and are loaded as float32.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_safetensors
from safetensors.torch import save as format_safetensors
from torch import Tensor

from latentdemo.errors import (
    CheckpointConfigError,
    CheckpointCorruptError,
    CheckpointDigestError,
    CheckpointFileMissingError,
    CheckpointMismatchError,
    LatentdemoError,
    ModelNotFoundError,
)
from latentdemo.models.autoencoder import GenerativeAutoencoder
from latentdemo.models.device import pick_device
from latentdemo.models.families import build_model
from latentdemo.models.network import NetworkConfig

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
HALF_FROM = 1024  # tensors with at least so many numbers are stored in half precision
FLOW_STRUCTURE = (".mask", ".order")  # buffers of a flow (zuko) that its settings make again
REMEDY = "fetch both files again"


@dataclass(frozen=True)
class CheckpointConfig:
    """What `config.json` holds.

    Attributes:
        family: a key of `FAMILIES`.
        network: sizes of the networks.
        options: the family's own settings.
        residual_std: noise of the likelihood, in grey values of 0 to 1.
        dataset: name of the data set.
        training: settings of the training run, its seed and its command among them.
        measured: figures taken after training, with what they were measured on.
        versions: of what trained it.
        sha256: digest of `model.safetensors`.
    """

    family: str
    network: NetworkConfig
    options: dict[str, Any]
    residual_std: float
    dataset: str
    training: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""


def checkpoints_dir() -> Path:
    """The folder of all checkpoints: $LATENTDEMO_CHECKPOINTS, or `checkpoints/` beside the package."""
    default = Path(__file__).resolve().parents[2] / "checkpoints"
    return Path(os.environ.get("LATENTDEMO_CHECKPOINTS", default)).expanduser()


def list_models(root: str | Path | None = None) -> list[str]:
    """Names of all models, such as "avatars/dvae", in alphabetical order.

    Args:
        root: folder of the checkpoints; None takes `checkpoints_dir()`.
    """
    folder = Path(root) if root else checkpoints_dir()
    return sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob(f"*/*/{CONFIG}"))


def load_model(
    name: str, device: torch.device | str | None = None, root: str | Path | None = None
) -> GenerativeAutoencoder:
    """A trained model, ready to encode and decode.

    Args:
        name: as `list_models` gives it.
        device: where to put it; None takes cuda, else mps, else cpu.
        root: folder of the checkpoints; None takes `checkpoints_dir()`.

    Raises:
        ModelNotFoundError: no model of that name.
        CheckpointError: a file is missing, broken, or does not fit; the subclass and the message say which.
        UnknownFamilyError: the configuration names a family that this version does not know.

    Example:
        >>> model = load_model("fashion-mnist/dvae", device="cpu")
        >>> model.decode(torch.zeros(1, model.latent_size)).mean.shape
        torch.Size([1, 1, 32, 32])
    """
    folder = model_folder(name, root)
    config = read_config(folder)
    model = build_model(config.family, config.network, {**config.options, "residual_std": config.residual_std})
    fill_weights(model, read_weights(folder / WEIGHTS, config.sha256), folder)
    model.folder = folder
    return model.to(pick_device(device)).eval().requires_grad_(False)


def model_folder(name: str, root: str | Path | None = None) -> Path:
    """The checkpoint folder of a model.

    Raises:
        ModelNotFoundError: no such folder, or a name that leads out of the checkpoints.
    """
    folder = Path(root) if root else checkpoints_dir()
    known = list_models(folder)
    if name in known or (re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", name) and (folder / name).is_dir()):
        return folder / name
    raise ModelNotFoundError(f"no model {name!r} in {folder}; known are {', '.join(known) or 'none'}")


def read_config(folder: Path) -> CheckpointConfig:
    """The configuration of a checkpoint folder.

    Raises:
        CheckpointFileMissingError: no `config.json`.
        CheckpointConfigError: it is not JSON, or lacks something.
    """
    path = folder / CONFIG
    try:
        values = json.loads(read_bytes(path))
        network = NetworkConfig(**values.pop("network"))
        return CheckpointConfig(network=network, **values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, LatentdemoError):
            raise CheckpointConfigError(f"{path}: {error}; correct it or fetch the folder again") from error
        raise CheckpointConfigError(f"{path} is not a valid configuration ({error}); fetch the folder again") from error


def read_weights(path: Path, sha256: str, remedy: str = REMEDY) -> dict[str, Tensor]:
    """The tensors of a safetensors file, as they lie in it.

    Args:
        path: the file.
        sha256: the digest that its configuration expects.
        remedy: what to do where the file is no good.

    Raises:
        CheckpointFileMissingError: no such file.
        CheckpointCorruptError: truncated or not a safetensors file.
        CheckpointDigestError: intact, but not the weights that the configuration was written for.
    """
    content = read_bytes(path)
    try:
        weights = parse_safetensors(content)
    except SafetensorError as error:
        raise CheckpointCorruptError(f"{path} is truncated or broken ({error}); {remedy}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise CheckpointDigestError(
            f"{path} has the digest {digest[:12]}…, but its configuration expects {sha256[:12] or 'none'}…: "
            f"the two files are not from one training run; {remedy}"
        )
    return weights


def read_bytes(path: Path) -> bytes:
    """A file's content.

    Raises:
        CheckpointFileMissingError: no such file.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointFileMissingError(f"{path} cannot be read ({error.strerror}); fetch the folder again") from error


def fill_weights(model: GenerativeAutoencoder, weights: dict[str, Tensor], folder: Path) -> None:
    """Put stored weights into a model; raises as `check_fit` does."""
    check_fit(sampling_state(model), weights, folder / WEIGHTS)
    model.load_state_dict(weights, strict=False)


def check_fit(expected: dict[str, Tensor], weights: dict[str, Tensor], path: Path, remedy: str = REMEDY) -> None:
    """Look whether stored weights have the names and shapes that a network expects.

    Raises:
        CheckpointMismatchError: they differ.
    """
    wrong = sorted(
        name
        for name in expected.keys() | weights.keys()
        if name not in weights or name not in expected or weights[name].shape != expected[name].shape
    )
    if wrong:
        raise CheckpointMismatchError(
            f"{path} does not fit the network that its configuration describes: {len(wrong)} tensors differ, "
            f"such as {wrong[0]}; {remedy}"
        )


def sampling_state(model: GenerativeAutoencoder) -> dict[str, Tensor]:
    """The tensors that sampling needs; what only training needs stays behind, and what settings make again."""
    return {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.startswith(model.training_only) and not name.endswith((*FLOW_STRUCTURE, "num_batches_tracked"))
    }


def half_precision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as they are stored: on the CPU, the large ones in half precision."""
    return {
        name: (tensor.half() if tensor.numel() >= HALF_FROM else tensor).contiguous().cpu()
        for name, tensor in state.items()
    }


def current_versions() -> dict[str, str]:
    """Versions of what trains, for a configuration."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def save_checkpoint(folder: Path, model: GenerativeAutoencoder, dataset: str, **facts: Any) -> CheckpointConfig:
    """Write a model's weights and configuration into a folder.

    Args:
        folder: made where it is missing.
        model: the trained model.
        dataset: name of the data set.
        facts: `training`, `measured` and `versions` of `CheckpointConfig`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = format_safetensors(half_precision(sampling_state(model)))
    config = CheckpointConfig(
        family=model.family,
        network=model.network,
        options=model.options(),
        residual_std=model.residual_std,
        dataset=dataset,
        sha256=hashlib.sha256(content).hexdigest(),
        **facts,
    )
    (folder / WEIGHTS).write_bytes(content)
    (folder / CONFIG).write_text(json.dumps(asdict(config), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return config
