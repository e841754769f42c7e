"""Flow matching against what is known in closed form: fields between Gaussians, their maps and log densities."""

import pytest
import torch
from torch.distributions import MultivariateNormal

from latentdemo import load_model, run_chain
from latentdemo.errors import SamplingError
from latentdemo.models import Posterior
from latentdemo.sampling.densities import flow_matching
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.flow_matching import (
    LEAST_PATIENCE,
    PART,
    STEPS,
    Check,
    FlowMatching,
    fit,
    paired,
    train,
)
from latentdemo.sampling.densities.registry import kinds
from latentdemo.sampling.densities.spec import FitSettings
from latentdemo.sampling.encodings import Encodings

COVARIANCE = torch.tensor([[1.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 1.0]])


def root(covariance: torch.Tensor) -> torch.Tensor:
    """The symmetric root, which carries unit noise the shortest way to draws of the covariance."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ values.sqrt().diag() @ vectors.T


class BetweenGaussians(torch.nn.Module):
    """The velocity of flow matching from N(0, I) to N(0, C), exactly: with S = (1 - t)^2 I + t^2 C,

    v(x, t) = (t C - (1 - t) I) S^-1 x
    """

    def forward(self, points: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        t, one = time[0], torch.eye(len(COVARIANCE))
        spread = (1 - t) ** 2 * one + t**2 * COVARIANCE
        return points @ ((t * COVARIANCE - (1 - t) * one) @ torch.linalg.inv(spread)).T


class Ahead(torch.nn.Module):
    """The same velocity everywhere, so that all ways are straight."""

    def forward(self, points: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        return torch.ones_like(points)


@pytest.fixture
def exact() -> FlowMatching:
    density = FlowMatching(3, hidden=8, blocks=1, steps=20)
    density.velocity = BetweenGaussians()
    density.location = torch.tensor([1.0, -2.0, 0.5])
    density.scale = torch.tensor([2.0, 0.5, 1.0])
    return density


def test_the_exact_field_carries_noise_where_the_closed_form_says_and_back(exact) -> None:
    noise = torch.randn(200, 3, generator=torch.Generator().manual_seed(1))
    expected = exact.location + exact.scale * (noise @ root(COVARIANCE))
    carried = exact.transport(noise)
    assert torch.allclose(carried, expected, atol=0.01)
    assert torch.allclose(exact.inverse(carried), noise, atol=0.01)


def test_the_log_density_of_the_exact_field_is_that_of_the_gaussian_with_its_gradient(exact) -> None:
    spread = exact.scale.diag()
    gaussian = MultivariateNormal(exact.location, spread @ COVARIANCE @ spread)
    noise = torch.randn(50, 3, generator=torch.Generator().manual_seed(5))
    latents = (exact.location + exact.scale * (noise @ root(COVARIANCE))).requires_grad_()
    found, expected = exact.log_density(latents), gaussian.log_prob(latents)
    assert torch.allclose(found, expected, atol=0.15)
    (slope,) = torch.autograd.grad(found.sum(), latents, retain_graph=True)
    (expected_slope,) = torch.autograd.grad(expected.sum(), latents)
    assert torch.allclose(slope, expected_slope, atol=0.3)


@pytest.fixture(scope="module")
def fitted() -> tuple[FlowMatching, torch.Tensor]:
    """A field fitted to draws of a correlated Gaussian, and the draws."""
    points = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0)) @ root(COVARIANCE)
    density = FlowMatching(3, hidden=64, blocks=2)
    check = Check(points[:500], seed=0)
    list(train(density, Encodings(Posterior(points)), torch.arange(500, 4000), check, FitSettings(updates=500)))
    return density, points


def test_a_fitted_field_learns_the_map_and_the_log_density_between_gaussians(fitted) -> None:
    density, _ = fitted
    noise = torch.randn(1000, 3, generator=torch.Generator().manual_seed(2))
    expected = noise @ root(COVARIANCE)
    assert (density.transport(noise) - expected).square().mean() < 0.03 * (noise - expected).square().mean().clamp(
        min=1
    )
    gaussian = MultivariateNormal(torch.zeros(3), COVARIANCE)
    with torch.no_grad():
        assert abs(density.log_density(expected).mean() - gaussian.log_prob(expected).mean()) < 0.15


def test_a_draw_moves_less_where_noise_and_encodings_are_paired() -> None:
    noise, points = torch.randn(2, 512, 8, generator=torch.Generator().manual_seed(3))
    together = paired(noise, points)
    assert torch.equal(together.sort(dim=0).values, points.sort(dim=0).values)
    assert (together - noise).square().mean() < 0.8 * (points - noise).square().mean()


@pytest.mark.parametrize(("updates", "patience"), [(1000, LEAST_PATIENCE), (9000, 9)])
def test_a_fit_ends_once_what_it_does_not_see_gets_no_better(updates: int, patience: int, monkeypatch) -> None:
    monkeypatch.setattr(Check, "loss", lambda self, velocity: 1.0)
    monkeypatch.setattr(flow_matching, "MOST_PASSES", 9000)
    points = Encodings(Posterior(torch.randn(1200, 2)))
    settings = FitSettings(updates=updates)
    density = FlowMatching(2, hidden=8, blocks=1)
    parts = list(train(density, points, torch.arange(1200), Check(points.mean, 0), settings))
    assert len(parts) == patience + 1 < updates // PART


def test_straight_ways_take_one_step_of_the_solver_and_bent_ones_more(exact) -> None:
    points = torch.randn(1000, 3, generator=torch.Generator().manual_seed(4)) @ root(COVARIANCE)
    assert Check(points, 0).steps(exact)[0] in STEPS[1:]
    exact.velocity = Ahead()
    exact.location, exact.scale = torch.zeros(3), torch.ones(3)
    assert Check(points + 1.0, 0).steps(exact)[0] == STEPS[0]


def test_the_seed_fixes_a_fit() -> None:
    points = Encodings(Posterior(torch.randn(600, 2), torch.full((600, 2), 0.1)))
    first, second = (list(fit(points, points.mean, FitSettings(updates=PART, seed=3)))[-1] for _ in range(2))
    noise = torch.randn(5, 2)
    assert torch.equal(first.transport(noise), second.transport(noise))
    assert first.steps == second.steps
    assert first.notes == second.notes
    assert [int(steps) for steps in first.notes["distances"]] == list(STEPS)
    assert kinds()[first.kind](**first.settings()).settings() == first.settings()


def test_chains_do_not_follow_it_but_it_carries_them() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    density = FlowMatching(model.latent_size, hidden=8, blocks=1, steps=2)
    for settings in ({"kernel": "hmc"}, {"kernel": "langevin"}, {"stop_at": 0.5}):
        with pytest.raises(SamplingError, match="takes too long for every step"):
            run_chain(
                model,
                **settings,
                count=2,
                steps=1,
                density=FittedDensity(density, 0.0, torch.ones(()), {}, [0.0] * 101),
            )
    run = run_chain(model, "transport", count=4, steps=1, density=FittedDensity(density, 0.0, torch.ones(())))
    assert torch.allclose(run.latents[1], density.transport(run.latents[0]), atol=1e-4)


def test_a_log_density_of_no_latents_is_none_and_of_some_finite() -> None:
    density = FlowMatching(3, hidden=8, blocks=1)
    assert density.log_density(torch.zeros(0, 3)).shape == (0,)
    found = density.log_density(torch.zeros(2, 3))
    assert found.shape == (2,)
    assert found.isfinite().all()
