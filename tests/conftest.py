"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from latentdemo.models import GenerativeAutoencoder, NetworkConfig, build_model

# layers as small as here only wait for each other on several threads; so do servers and tests beside each other
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")
# models in the folder of whoever runs the tests are not taken for shipped ones
os.environ.setdefault("LATENTDEMO_CHECKPOINTS", str(Path(__file__).parents[1] / "checkpoints"))
# where CI is set, the same cases each time; a fixture serves all cases of a test, and none is hurried
settings.register_profile("any", deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("same", settings.get_profile("any"), derandomize=True, database=None)
settings.load_profile("same" if os.environ.get("CI") else "any")


@pytest.fixture
def tiny_model() -> GenerativeAutoencoder:
    """An untrained denoising VAE on 16x16 grey images."""
    return build_model("dvae", NetworkConfig(16, 1, 4, 8), {"residual_std": 0.1}, seed=1).eval()
