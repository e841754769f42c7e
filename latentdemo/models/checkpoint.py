"""Checkpoint folders: `model.safetensors`, `config.json` and a model card; nothing in them is ever unpickled.

    checkpoints/<data set>/<family>/

Weights lie in half precision (small tensors, such as batch norm's, in full) and are loaded as float32. Of models that
others trained they lie as they were, and an adapter makes the model (`latentdemo/models/adapters`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import tempfile
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor

from latentdemo.errors import (
    CheckpointConfigError,
    CheckpointDigestError,
    CheckpointMismatchError,
    LatentdemoError,
    ModelNotFoundError,
    UnknownFamilyError,
)
from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork
from latentdemo.models.adapters import ADAPTERS
from latentdemo.models.autoencoder import GenerativeAutoencoder, TrainableAutoencoder
from latentdemo.models.device import pick_device
from latentdemo.models.families import FAMILIES, build_model
from latentdemo.models.inference import Precision, SubpixelConvolution, serve
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

CONFIG, CARD = "config.json", "README.md"
NAMES = r"[\w-][\w.-]{0,59}/[\w-][\w.-]{0,59}"  # of models; in any alphabet no longer than a file system takes
PRIVATE = "upload-"  # what names of models begin with that are listed nowhere
SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"


@dataclass(frozen=True)
class CheckpointConfig:
    """What `config.json` holds.

    Attributes:
        family: a key of `FAMILIES`, or of `ADAPTERS` for a model that others trained.
        network: sizes of the networks.
        options: the family's own settings.
        residual_std: noise of the likelihood, in grey values of 0 to 1.
        dataset: name of the data set.
        training: settings of the training run, its seed and its command among them.
        measured: figures taken after training, with what they were measured on.
        versions: of what trained it.
        sha256: digest of `model.safetensors`, or of all files that an adapter makes the model of.
    """

    family: str
    network: NetworkConfig | AdaptedNetwork
    options: dict[str, Any]
    residual_std: float
    dataset: str
    training: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    @property
    def digest(self) -> str:
        """Of all that decides what the model computes: its weights, sizes and settings."""
        decides = (self.sha256, self.family, asdict(self.network), self.options, self.residual_std)
        return hashlib.sha256(json.dumps(decides, sort_keys=True, default=str).encode()).hexdigest()


def checkpoint_roots() -> list[Path]:
    """The folders of checkpoints: those in $LATENTDEMO_CHECKPOINTS, separated as in $PATH, or `checkpoints/` beside the
    package."""
    named = os.environ.get("LATENTDEMO_CHECKPOINTS", "").split(os.pathsep)
    return [Path(each).expanduser() for each in named if each] or [SHIPPED]


def add_checkpoint_root(folder: Path) -> None:
    """Look for models of this process in a folder, too, and there first."""
    roots = checkpoint_roots()
    if folder not in roots:
        os.environ["LATENTDEMO_CHECKPOINTS"] = os.pathsep.join(map(str, [folder, *roots]))


@cache
def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of this process for models that only who knows their names can find; it goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="latentdemo-")


def checkpoints_dir() -> Path:
    """The folder that new checkpoints go to: the first of `checkpoint_roots()`."""
    return checkpoint_roots()[0]


def dataset_folder(name: str) -> Path:
    """The folder of a data set's checkpoints: the first that there is, else where new ones go."""
    folders = [root / name for root in checkpoint_roots()]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def list_models(root: str | Path | None = None) -> list[str]:
    """Names of all models, such as "avatars/dvae", in alphabetical order.

    Args:
        root: folder of the checkpoints; None takes all of `checkpoint_roots()`.
    """
    roots = [Path(root)] if root else checkpoint_roots()
    return sorted({path.parent.relative_to(each).as_posix() for each in roots for path in each.glob(f"*/*/{CONFIG}")})


def load_model(
    name: str,
    device: torch.device | str | None = None,
    root: str | Path | None = None,
    precision: Precision | None = None,
) -> GenerativeAutoencoder:
    """A trained model, ready to encode and decode, in the form that is fastest on its device; see `inference.py`.

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
    model = build_model(config.family, config.network, {**config.options, "residual_std": config.residual_std})
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


def model_folder(name: str, root: str | Path | None = None) -> Path:
    """The checkpoint folder of a model.

    Raises:
        ModelNotFoundError: no such folder, or a name that leads out of the checkpoints.
    """
    roots = [Path(root)] if root else checkpoint_roots()
    if isinstance(name, str) and (re.fullmatch(NAMES, name) or name in list_models(root)):
        if name.startswith(PRIVATE) and not root:
            roots.append(Path(private_folder().name))
        for folder in (each / name for each in roots):
            if folder.is_dir():
                return folder
    places, known = ", ".join(map(str, roots)), list_models(root)
    raise ModelNotFoundError(f"no model {name!r:.80} in {places}; known are {', '.join(known) or 'none'}")


def read_config(folder: Path) -> CheckpointConfig:
    """The configuration of a checkpoint folder.

    Raises:
        CheckpointFileMissingError: no `config.json`.
        CheckpointConfigError: it is not JSON, or lacks something.
        UnknownFamilyError: it names a family or adapter that this version does not know.
    """
    path = folder / CONFIG
    try:
        values = json.loads(read_bytes(path))
        sizes, family = values.pop("network"), values["family"]
        if family not in FAMILIES and family not in ADAPTERS:
            known = ", ".join([*FAMILIES, *ADAPTERS])
            raise UnknownFamilyError(f"{path}: unknown model family {family!r}; known are {known}")
        network = AdaptedNetwork(**sizes) if family in ADAPTERS else NetworkConfig(**sizes)
        return CheckpointConfig(network=network, **values)
    except UnknownFamilyError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, LatentdemoError):
            raise CheckpointConfigError(f"{path}: {error}; correct it or fetch the folder again") from error
        raise CheckpointConfigError(f"{path} is not a valid configuration ({error}); fetch the folder again") from error


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


def current_versions() -> dict[str, str]:
    """Versions of what trains, for a configuration."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


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
    if isinstance(model, TrainableAutoencoder) and isinstance(model.decoder[-1], SubpixelConvolution):
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
        (folder / name).write_bytes(data)
    (folder / CONFIG).write_text(json.dumps(asdict(config), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return config


def content_of(model: TrainableAutoencoder | AdaptedAutoencoder) -> dict[str, bytes]:
    """Name of each file that makes the model -> what is in it."""
    if isinstance(model, AdaptedAutoencoder):
        return model.content()
    return {WEIGHTS: format_safetensors(half_precision(sampling_state(model)))}
