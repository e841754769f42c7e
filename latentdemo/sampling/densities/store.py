"""The files of fitted densities, `density.safetensors` and `density.json` beside the checkpoint.

This module alone touches them. `fitting.py` makes what is in them, `resolve.py` finds what a run asks for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor

from latentdemo.checkpoints.config import DENSITY_CONFIG, DENSITY_WEIGHTS, read_config
from latentdemo.checkpoints.store import read_weights
from latentdemo.errors import (
    CheckpointConfigError,
    CheckpointError,
    CheckpointFileMissingError,
    CheckpointMismatchError,
)
from latentdemo.files import write_atomically, write_json
from latentdemo.models.weights import FLOW_STRUCTURE, check_fit, half_precision, read_bytes
from latentdemo.sampling.densities.density import FittedDensity, StoredDensity
from latentdemo.sampling.densities.registry import kinds


@dataclass(frozen=True)
class DensityConfig:
    """What `density.json` holds.

    Attributes:
        model_sha256: digest of the model's weights whose encodings the densities were fitted to.
        densities: name -> kind, settings, held_out, step_sizes, quantiles, notes; the likeliest on held-out encodings
            first, behind them those that chains cannot follow.
        prior_held_out: mean negative log density of encoded held-out images under the prior, in nats.
        scale: standard deviation of encodings in each dimension.
        training: settings of the fit, its seed among them.
        versions: of what fitted.
        sha256: digest of `density.safetensors`.
        extends: digests that the file had before densities were added to it; all that it held then is in it unchanged.
    """

    model_sha256: str
    densities: dict[str, dict[str, Any]]
    prior_held_out: float
    scale: list[float]
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    extends: list[str] = field(default_factory=list)


def save_densities(folder: Path, densities: Mapping[str, StoredDensity], config: DensityConfig) -> DensityConfig:
    """Write densities beside a checkpoint; the configuration gets the digest."""
    content = format_safetensors(tensors_of(densities))
    config = replace(config, sha256=hashlib.sha256(content).hexdigest())
    write_atomically(folder / DENSITY_WEIGHTS, content)
    write_json(folder / DENSITY_CONFIG, asdict(config))
    return config


def tensors_of(densities: Mapping[str, StoredDensity]) -> dict[str, Tensor]:
    """The tensors of several densities as they lie in one file, each after the name of its density."""
    return {
        f"{name}.{key}": tensor
        for name, density in densities.items()
        for key, tensor in weights_to_store(density).items()
    }


def density_of(
    name: str, kind: str, settings: Mapping[str, Any], tensors: Mapping[str, Tensor], path: Path
) -> StoredDensity:
    """One of several densities whose tensors lie in one file, on the CPU.

    Raises:
        CheckpointMismatchError: the tensors are of another shape.
        KeyError, TypeError: a kind that is not known, or settings that it does not take.
    """
    density = kinds()[kind](**settings)
    own = {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
    check_fit(weights_to_store(density), own, path, remedy(path.parent))
    density.load_state_dict(own, strict=False)
    return density


def weights_to_store(density: StoredDensity) -> dict[str, Tensor]:
    """The tensors of a density as they are stored, the large ones in half precision."""
    return half_precision(
        {key: value for key, value in density.state_dict().items() if not key.endswith(FLOW_STRUCTURE)}
    )


def read_density_config(folder: Path) -> DensityConfig:
    """The configuration of the densities beside a checkpoint.

    Raises:
        CheckpointFileMissingError: no `density.json`.
        CheckpointConfigError: it is not JSON, or lacks something.
    """
    path = folder / DENSITY_CONFIG
    if not path.exists():
        model = f"{folder.parent.name}/{folder.name}"
        raise CheckpointFileMissingError(f"{path} is missing: fit it with 'python -m latentdemo fit {model}'")
    try:
        return DensityConfig(**json.loads(read_bytes(path)))
    except (ValueError, TypeError) as error:
        raise CheckpointConfigError(f"{path} is not a valid configuration ({error}); {remedy(folder)}") from error


def densities_digest(folder: Path | None) -> str:
    """Digest of the densities beside a checkpoint; empty where there are none to read."""
    try:
        return "" if folder is None else read_density_config(folder).sha256
    except CheckpointError:
        return ""


def digests_held(folder: Path | None) -> set[str]:
    """Digests of files of densities that are all beside a checkpoint, in the file that is there: its own, and those
    that it extends. What was measured with one of them holds."""
    try:
        config = None if folder is None else read_density_config(folder)
    except CheckpointError:
        return set()
    return {config.sha256, *config.extends} if config else set()


def are_fitted(folder: Path) -> bool:
    """Whether densities of the very weights of a checkpoint folder lie beside it."""
    try:
        return read_density_config(folder).model_sha256 == read_config(folder).sha256
    except CheckpointError:
        return False


def fitted_names(folder: Path | None) -> list[str]:
    """Names of the densities beside a checkpoint; none where they cannot be read, or belong to other weights."""
    return list(read_density_config(folder).densities) if folder is not None and are_fitted(folder) else []


def check_fitted(config: DensityConfig, weights: str, folder: Path) -> None:
    """Raise CheckpointMismatchError where densities were not fitted to the weights of a digest."""
    if config.model_sha256 != weights:
        raise CheckpointMismatchError(
            f"{folder / DENSITY_CONFIG} was fitted to other weights of the model; {remedy(folder)}"
        )


def remedy(folder: Path) -> str:
    """What to do where the stored densities are no good."""
    return f"fetch both files again, or fit anew with 'python -m latentdemo fit {folder.parent.name}/{folder.name}'"


def load_densities(folder: Path, device: torch.device | str = "cpu") -> dict[str, FittedDensity]:
    """The densities beside a checkpoint, in the order of the configuration.

    Raises:
        CheckpointError: a file is missing, broken, or was fitted to another model; the message says which.
    """
    config = read_density_config(folder)
    return dict(read_densities(folder, config.sha256, str(device)))


@lru_cache(maxsize=16)
def read_densities(folder: Path, sha256: str, device: str) -> dict[str, FittedDensity]:
    """As `load_densities`, kept under the digest."""
    config = read_density_config(folder)
    check_fitted(config, read_config(folder).sha256, folder)
    weights = read_weights(folder / DENSITY_WEIGHTS, sha256, remedy(folder))
    fitted = {}
    try:
        for name, facts in config.densities.items():
            density = density_of(name, facts["kind"], facts["settings"], weights, folder / DENSITY_WEIGHTS)
            fitted[name] = FittedDensity(
                density.to(device).eval().requires_grad_(False),
                facts["held_out"],
                torch.tensor(config.scale, dtype=torch.float32, device=device),
                facts["step_sizes"],
                facts["quantiles"],
            )
    except (KeyError, TypeError) as error:
        raise CheckpointConfigError(f"{folder / DENSITY_CONFIG} is not valid ({error!r}); {remedy(folder)}") from error
    return fitted
