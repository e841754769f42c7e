"""What all tests share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# before anything that reads it: threads of BLAS that wait for each other beside a busy process take ten times as long
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from latentdemo.models import GenerativeAutoencoder, NetworkConfig, build_model
from tests.properties import ALL, FEW

# layers as small as here only wait for each other on several threads; so do servers and tests beside each other
torch.set_num_threads(1)
# models in the folder of whoever runs the tests are not taken for shipped ones
os.environ.setdefault("LATENTDEMO_CHECKPOINTS", str(Path(__file__).parents[1] / "checkpoints"))
# and what tests keep goes with them
HOME = tempfile.TemporaryDirectory(prefix="latentdemo-tests-")
os.environ["LATENTDEMO_HOME"] = HOME.name
for name in ("LATENTDEMO_DATABASE", "LATENTDEMO_ENGINE"):
    os.environ.pop(name, None)
# by itself Ray has workers give way to all other processes, here to the tests beside them, until they are given up
os.environ.setdefault("RAY_worker_niceness", "0")
# a fixture serves all cases of a test, and none is hurried; where CI is set, the cases are the same each time
settings.register_profile("all", deadline=None, suppress_health_check=list(HealthCheck), max_examples=ALL)
settings.register_profile("same", settings.get_profile("all"), derandomize=True, database=None)
settings.register_profile("few", settings.get_profile("all"), max_examples=FEW)


def pytest_configure(config: pytest.Config) -> None:
    """The quick round tries fewer examples of each property."""
    quick = "not slow" in config.option.markexpr
    settings.load_profile("few" if quick else "same" if os.environ.get("CI") else "all")


@pytest.fixture(autouse=True)
def seeded() -> None:
    """What a test draws without a generator of its own is the same whatever ran before it."""
    torch.manual_seed(0)


@pytest.fixture
def tiny_model() -> GenerativeAutoencoder:
    """An untrained denoising VAE on 16x16 grey images."""
    return build_model("dvae", NetworkConfig(16, 1, 4, 8), {"residual_std": 0.1}, seed=1).eval()
