"""What all tests share."""

from __future__ import annotations

import pytest
import torch

from latentdemo.models import GenerativeAutoencoder, NetworkConfig, build_model

torch.set_num_threads(1)  # layers as small as here only wait for each other on several threads


@pytest.fixture
def tiny_model() -> GenerativeAutoencoder:
    """An untrained denoising VAE on 16x16 grey images."""
    return build_model("dvae", NetworkConfig(16, 1, 4, 8), {"residual_std": 0.1}, seed=1).eval()
