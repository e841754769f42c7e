import random
import sys

import numpy as np
import pytest
import torch

from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.external import pythae_samplers
from latentdemo.evaluation.external.pythae_samplers import EPOCHS, IAF, MAF, MIXTURE, TWO_STAGE, fit_and_draw, settings
from latentdemo.evaluation.metrics.two_sample import energy_distance
from latentdemo.models import NetworkConfig, Posterior, build_model
from latentdemo.sampling.encodings import Encodings

pytest.importorskip("pythae")
COUNT = 400


@pytest.fixture(scope="module")
def model():
    return build_model("vae", NetworkConfig(16, 1, 4, 3), {"residual_std": 0.1}, seed=1).eval()


@pytest.fixture(scope="module")
def encodings() -> Encodings:
    """Two bent clusters, far from the prior."""
    noise = torch.randn(2000, 3, generator=torch.Generator().manual_seed(0))
    side = torch.where(torch.arange(2000) % 2 == 0, 1.5, -1.5)
    mean = torch.stack([side + 0.2 * noise[:, 0], side + 0.3 * noise[:, 1], 0.2 * noise[:, 2] + 1.0], dim=1)
    return Encodings(Posterior(mean, torch.full_like(mean, 0.05)))


@pytest.mark.parametrize("name", [MIXTURE, MAF, IAF, pytest.param(TWO_STAGE, marks=pytest.mark.slow)])
def test_each_sampler_comes_nearer_to_the_encodings_than_the_prior(name, model, encodings, monkeypatch) -> None:
    monkeypatch.setitem(EPOCHS, name, None if name == MIXTURE else 15)
    real = encodings.draw(torch.Generator().manual_seed(1))[:COUNT]
    prior = torch.randn(COUNT, 3, generator=torch.Generator().manual_seed(2))
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    draws = fit_and_draw(name, model, encodings, COUNT, [0, 1])
    assert energy_distance(draws.latents[0], real) < 0.3 * energy_distance(prior, real)
    assert draws.latents[0].shape == (COUNT, 3)
    assert not torch.equal(draws.latents[0], draws.latents[1])
    assert draws.milliseconds > 0
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[2])


def test_the_same_seed_gives_the_same_draws(model, encodings, monkeypatch) -> None:
    monkeypatch.setitem(EPOCHS, MAF, 1)
    first, again = (fit_and_draw(MAF, model, encodings, 50, [3]).latents[3] for _ in range(2))
    assert torch.equal(first, again)


def test_no_sampler_leaves_anything_in_the_folder_at_hand(model, encodings, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(EPOCHS, TWO_STAGE, 1)
    fit_and_draw(TWO_STAGE, model, encodings, 50, [0])
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_named(model, encodings, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pythae.models", None)
    with pytest.raises(LatentdemoError, match="pip install pythae"):
        fit_and_draw(MIXTURE, model, encodings, 50, [0])

    def missing(_name: str) -> str:
        raise pythae_samplers.PackageNotFoundError

    monkeypatch.setattr(pythae_samplers, "version", missing)
    with pytest.raises(LatentdemoError, match="pip install pythae"):
        settings()
