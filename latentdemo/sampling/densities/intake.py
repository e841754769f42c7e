"""Densities that people bring with a model: looked through before any of them is used."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from latentdemo.checkpoints.config import DENSITY_CONFIG
from latentdemo.checkpoints.intake import MOST_PARAMETERS, TRIED, strict_json, write_json
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling.densities.store import DensityConfig, read_densities, read_density_config
from latentdemo.sampling.kernels import KERNELS

LARGEST_DENSITY = {"components": 512, "transforms": 16, "hidden": 1024, "passes": 1024, "bins": 64}
MOST_DENSITIES = 8


def check_densities(folder: Path, model: GenerativeAutoencoder) -> None:
    """Look whether densities work, and write their configuration anew.

    Raises:
        LatentdemoError, ValueError, TypeError, KeyError, AttributeError, RuntimeError: they do not.
    """
    strict_json(folder / DENSITY_CONFIG)
    config = read_density_config(folder)
    if not 0 < len(config.densities) <= MOST_DENSITIES:
        raise ValueError("too few or too many densities")
    checked = {name: checked_density(name, facts, model.latent_size) for name, facts in config.densities.items()}
    finite([config.prior_held_out, *config.scale], len(config.scale))
    if len(config.scale) != model.latent_size:
        raise ValueError("another latent size")
    config = DensityConfig(config.model_sha256, checked, config.prior_held_out, config.scale, sha256=config.sha256)
    write_json(folder / DENSITY_CONFIG, asdict(config))
    fitted = read_densities.__wrapped__(folder, config.sha256, "cpu")  # not kept: the folder moves on
    with torch.inference_mode():
        for each in fitted.values():
            drawn = each.density.sample(TRIED, torch.Generator().manual_seed(0))
            if not drawn.isfinite().all() or not each.log_density(drawn).isfinite().all():
                raise ValueError("a density gives numbers that are not finite")


def checked_density(name: str, facts: dict[str, Any], latent_size: int) -> dict[str, Any]:
    """What the configuration says of a density, if it is what it should be."""
    settings = dict(facts["settings"])
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", name) or settings["latent_size"] != latent_size:
        raise ValueError("another name or latent size")
    for setting, value in settings.items():
        if type(value) is not int or not 1 <= value <= (LARGEST_DENSITY | {"latent_size": latent_size})[setting]:
            raise ValueError(f"{setting} out of range")
    if settings.get("components", 1) * latent_size**2 > MOST_PARAMETERS:
        raise ValueError("too large")
    tuned = [name for name, spec in KERNELS.items() if spec.tune]
    step_sizes = {name: facts["step_sizes"][name] for name in tuned if name in facts["step_sizes"]}
    finite([facts["held_out"], *step_sizes.values(), *facts["quantiles"]], 103)
    return {
        "kind": facts["kind"],
        "settings": settings,
        "held_out": facts["held_out"],
        "step_sizes": step_sizes,
        "quantiles": list(facts["quantiles"]),
    }


def finite(values: list[Any], least: int) -> None:
    """ValueError unless all values, at least so many, are finite numbers."""
    if len(values) < least or not all(type(value) in (int, float) and math.isfinite(value) for value in values):
        raise ValueError("not finite numbers")
