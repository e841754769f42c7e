import math

import pytest
import torch

from latentdemo.errors import SamplingError
from latentdemo.sampling import ChainSpec, walk
from tests.sampling.linear_gaussian import LinearGaussian

CHAINS, STEPS = 20_000, 60
MODEL = LinearGaussian()
NUMBERS = CHAINS * MODEL.latent_size


def last_latent(decoding: str, start: torch.Tensor, steps: int, seed: int = 0) -> torch.Tensor:
    kernel = ChainSpec(options={"decoding": decoding}).build(MODEL)
    *_, (state, _info) = walk(kernel, start, torch.Generator().manual_seed(seed), steps)
    return state.latent


@pytest.mark.parametrize(("decoding", "variance"), [("sample", 1.0), ("mean", 1.0 / (2.0 - MODEL.posterior_variance))])
@pytest.mark.parametrize("start_std", [0.0, 3.0])
def test_stationary_law_matches_the_closed_form(decoding: str, variance: float, start_std: float) -> None:
    start = start_std * torch.randn(CHAINS, MODEL.latent_size, generator=torch.Generator().manual_seed(5))
    latent = last_latent(decoding, start, STEPS)
    tolerance = 5 * variance * math.sqrt(2 / NUMBERS)  # five standard errors of a Gaussian's sample variance
    assert latent.var().item() == pytest.approx(variance, abs=tolerance)
    assert latent.mean().item() == pytest.approx(0.0, abs=5 * math.sqrt(variance / NUMBERS))


def test_the_two_closed_forms_are_far_enough_apart_to_tell() -> None:
    assert abs(1.0 - 1.0 / (2.0 - MODEL.posterior_variance)) > 20 * math.sqrt(2 / NUMBERS)


def test_sampled_decoding_leaves_the_prior_invariant_at_every_step() -> None:
    prior = torch.randn(CHAINS, MODEL.latent_size, generator=torch.Generator().manual_seed(6))
    for steps in (1, 2, 7):
        latent = last_latent("sample", prior, steps)
        assert latent.var().item() == pytest.approx(1.0, abs=5 * math.sqrt(2 / NUMBERS))
        fourth = latent.pow(4).mean().item()  # 3 for a standard normal, with standard error sqrt(96 / n)
        assert fourth == pytest.approx(3.0, abs=5 * math.sqrt(96 / NUMBERS))


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_step_m_is_m_steps_from_the_start(steps: int) -> None:
    start = torch.full((CHAINS, MODEL.latent_size), 10.0)
    contraction = 1.0 - MODEL.posterior_variance  # of the mean, at each step of either decoding
    latent = last_latent("mean", start, steps)
    assert latent.mean().item() == pytest.approx(10.0 * contraction**steps, abs=5 / math.sqrt(NUMBERS))


def test_step_reports_what_it_did(tiny_model) -> None:
    kernel = ChainSpec().build(tiny_model)
    generator = torch.Generator().manual_seed(0)
    states = list(walk(kernel, torch.randn(3, tiny_model.latent_size, generator=generator), generator, 2))
    (before, _), (after, info) = states[-2:]
    assert torch.allclose(info.latent_distance, (after.latent - before.latent).norm(dim=1))
    assert torch.allclose(info.image_change, (after.image - before.image).abs().mean(dim=(1, 2, 3)))
    assert torch.allclose(after.image, tiny_model.decode(after.latent).mean)
    assert not hasattr(info, "accepted")


def test_corruption_changes_the_walk_of_a_denoising_model(tiny_model) -> None:
    start = torch.zeros(4, tiny_model.latent_size)
    latents = []
    for corruption in ("off", "model"):
        kernel = ChainSpec(options={"corruption": corruption}).build(tiny_model)
        *_, (state, _info) = walk(kernel, start, torch.Generator().manual_seed(0), 1)
        latents.append(state.latent)
    assert not torch.allclose(*latents)


@pytest.mark.parametrize("options", [{"decoding": "median"}, {"corruption": "on"}, {"temperature": 1}])
def test_a_wrong_option_is_named(tiny_model, options: dict) -> None:
    with pytest.raises(SamplingError, match=r"median|on|temperature"):
        ChainSpec(options=options).build(tiny_model)
