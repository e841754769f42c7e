"""Densities beside a model that chains and paths can follow, though they were fitted to nothing, and quick fits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from latentdemo.sampling.densities import fitting, flow_matching
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.sampling.densities.spline_flow import Flow
from latentdemo.sampling.densities.store import DensityConfig, save_densities


def put_densities(folder: Path, model_sha256: str, size: int) -> None:
    """Write a mixture and a flow into the folder of a model with so many latent dimensions."""
    torch.manual_seed(0)  # zuko draws a flow's first weights without a generator
    densities = {
        "mixture": GaussianMixture(size, 2),
        "flow": Flow(size, transforms=1, hidden=8, passes=2),
    }
    densities["mixture"].means.copy_(torch.linspace(-1.0, 1.0, 2 * size).reshape(2, size))
    facts = {
        name: {
            "kind": density.kind,
            "settings": density.settings(),
            "held_out": 10.0,
            "step_sizes": {"hmc": 0.1, "langevin": 0.3},
            "quantiles": torch.linspace(-20.0, -8.0, 101).tolist(),
        }
        for name, density in densities.items()
    }
    save_densities(folder, densities, DensityConfig(model_sha256, facts, 12.0, [1.0] * size))


def shorten_fits(patch: pytest.MonkeyPatch) -> None:
    """Fits of densities look at less of what they have made, which takes most of the time where the fit is small."""
    patch.setattr(fitting, "TUNING_CHAINS", 32)
    patch.setattr(fitting, "HELD_OUT_OF_SLOW", 20)
    patch.setattr(flow_matching, "MATCHED", 1000)
