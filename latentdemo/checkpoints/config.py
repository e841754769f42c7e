"""`config.json`: what a checkpoint folder says of its model."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from latentdemo.errors import (
    CheckpointConfigError,
    LatentdemoError,
    UnknownFamilyError,
)
from latentdemo.models.adapted import AdaptedNetwork
from latentdemo.models.adapters import ADAPTERS
from latentdemo.models.families.registry import FAMILIES
from latentdemo.models.network import NetworkConfig
from latentdemo.models.weights import (
    read_bytes,
)

CONFIG, CARD, WEIGHTS = "config.json", "README.md", "model.safetensors"
DENSITY_CONFIG, DENSITY_WEIGHTS = "density.json", "density.safetensors"
MAX_IMAGE_SIDE = 256  # pixels; four times the largest picture that ships


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


def current_versions() -> dict[str, str]:
    """Versions of what trains, for a configuration."""
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
