"""Densities that people bring with a model: looked through before any of them is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field

from latentdemo.checkpoints.config import DENSITY_CONFIG
from latentdemo.checkpoints.intake import MOST_PARAMETERS, TRIED
from latentdemo.files import write_json
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling.densities.density import SHARES
from latentdemo.sampling.densities.store import DensityConfig, read_densities
from latentdemo.sampling.kernels import KERNELS

LARGEST_DENSITY = {
    "components": 512,
    "transforms": 16,
    "hidden": 1024,
    "passes": 1024,
    "bins": 64,
    "blocks": 16,
    "steps": 64,
}
MOST_DENSITIES = 8
Number = Annotated[int | float, Field(allow_inf_nan=False)]


class UploadedDensity(BaseModel):
    """What is told of one density; more is not believed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    kind: str
    settings: dict[str, Annotated[int, Field(ge=1)]]
    held_out: Number
    step_sizes: dict[str, Number]
    quantiles: Annotated[list[Number], Field(min_length=len(SHARES), max_length=len(SHARES))]


class UploadedDensities(BaseModel):
    """What a `density.json` that somebody brings may hold."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model_sha256: str
    densities: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")], UploadedDensity],
        Field(min_length=1, max_length=MOST_DENSITIES),
    ]
    prior_held_out: Number
    scale: list[Number]
    training: Any = None
    versions: Any = None
    extends: Any = None
    sha256: str = ""


def check_densities(folder: Path, model: GenerativeAutoencoder) -> None:
    """Look whether densities work, and write their configuration anew.

    Raises:
        LatentdemoError, ValueError, TypeError, KeyError, AttributeError, RuntimeError: they do not.
    """
    given = UploadedDensities.model_validate_json((folder / DENSITY_CONFIG).read_bytes())
    if len(given.scale) != model.latent_size:
        raise ValueError("another latent size")
    for density in given.densities.values():
        check_settings(density.settings, model.latent_size)
    checked = {name: density.model_dump() | tuned(density) for name, density in given.densities.items()}
    config = DensityConfig(given.model_sha256, checked, given.prior_held_out, given.scale, sha256=given.sha256)
    write_json(folder / DENSITY_CONFIG, asdict(config))
    fitted = read_densities.__wrapped__(folder, config.sha256, "cpu")  # not kept: the folder moves on
    with torch.inference_mode():
        for each in fitted.values():
            drawn = each.density.sample(TRIED, torch.Generator().manual_seed(0))
            if not drawn.isfinite().all() or not each.log_density(drawn).isfinite().all():
                raise ValueError("a density gives numbers that are not finite")


def check_settings(settings: Mapping[str, int], latent_size: int) -> None:
    """Raise ValueError or KeyError where a density is of another latent space, or larger than any that is fitted."""
    largest = LARGEST_DENSITY | {"latent_size": latent_size}
    if settings["latent_size"] != latent_size or any(value > largest[name] for name, value in settings.items()):
        raise ValueError("another latent size, or settings out of range")
    if settings.get("components", 1) * latent_size**2 > MOST_PARAMETERS:
        raise ValueError("too large")


def tuned(density: UploadedDensity) -> dict[str, dict[str, float]]:
    """The step sizes of kernels that are known here; a kernel that finds none adapts its own."""
    known = {name for name, spec in KERNELS.items() if spec.tune}
    return {"step_sizes": {name: size for name, size in density.step_sizes.items() if name in known}}
