"""The kernels that must leave a known target invariant, and what is built on densities."""

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.models import Likelihood, Posterior
from latentdemo.random import chain_generators
from latentdemo.sampling import walk
from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.sampling.densities.spline_flow import Flow
from latentdemo.sampling.kernels.hmc import HamiltonianMonteCarlo
from latentdemo.sampling.kernels.metropolis_within_gibbs import MetropolisWithinGibbs
from latentdemo.sampling.kernels.transport import Transport
from latentdemo.sampling.stopping import PATIENCE, AdaptiveStopping
from tests.sampling.linear_gaussian import LinearGaussian

CHAINS = 4000


def target() -> GaussianMixture:
    """Two overlapping Gaussians in three dimensions, of unequal weight and shape."""
    mixture = GaussianMixture(3, 2)
    mixture.log_weights.copy_(torch.tensor([0.7, 0.3]).log())
    mixture.means.copy_(torch.tensor([[0.0, 0.5, 0.0], [1.5, -0.5, 0.5]]))
    mixture.roots[1] = torch.tensor([[1.5, 0.4, 0.0], [0.0, 1.2, -0.3], [0.0, 0.0, 0.9]])
    return mixture


def moments(mixture: GaussianMixture) -> tuple[Tensor, Tensor]:
    """Exact mean (3,) and second moments (3, 3)."""
    weights = mixture.log_weights.exp()
    covariances = torch.linalg.inv(mixture.roots @ mixture.roots.mT)
    mean = (weights[:, None] * mixture.means).sum(0)
    second = covariances + mixture.means[:, :, None] * mixture.means[:, None, :]
    return mean, (weights[:, None, None] * second).sum(0)


def assert_moments(latents: Tensor, mixture: GaussianMixture) -> None:
    """First and second moments within 4.5 standard errors of the exact ones."""
    mean, second = moments(mixture)
    products = latents[:, :, None] * latents[:, None, :]
    for values, exact in ((latents, mean), (products, second)):
        error = values.std(0) / math.sqrt(len(values))
        assert ((values.mean(0) - exact).abs() < 4.5 * error).all()


@pytest.mark.parametrize(
    ("num_integration_steps", "step_size"), [(5, 0.4), (1, 0.9), (5, 0.9)], ids=["hmc", "langevin", "coarse"]
)
def test_the_target_is_left_invariant_whatever_the_step_size(num_integration_steps: int, step_size: float) -> None:
    generator = torch.Generator().manual_seed(0)
    kernel = HamiltonianMonteCarlo(target(), step_size, torch.tensor([1.0, 0.8, 1.2]), num_integration_steps)
    *_, (state, info) = walk(kernel, target().sample(CHAINS, generator), generator, 5)
    assert 0.2 < info.accepted.float().mean() < 0.999
    assert_moments(state.latent, target())
    assert torch.allclose(state.log_density, target().log_density(state.latent), atol=1e-4)


@pytest.mark.parametrize(
    ("num_integration_steps", "step_size", "steps"), [(5, 0.4, 12), (1, 0.9, 60)], ids=["hmc", "langevin"]
)
def test_chains_from_far_away_reach_the_target(num_integration_steps: int, step_size: float, steps: int) -> None:
    generator = torch.Generator().manual_seed(1)
    kernel = HamiltonianMonteCarlo(target(), step_size, torch.ones(3), num_integration_steps)
    *_, (state, _) = walk(kernel, torch.full((CHAINS, 3), -2.0), generator, steps)
    assert_moments(state.latent, target())


def test_a_trajectory_that_diverges_is_rejected() -> None:
    kernel = HamiltonianMonteCarlo(target(), 1e18, torch.ones(3))
    start = torch.zeros(8, 3)
    *_, (state, info) = walk(kernel, start, torch.Generator().manual_seed(0), 1)
    assert torch.equal(state.latent, start)
    assert not info.accepted.any()


def test_metropolis_within_gibbs_leaves_the_prior_invariant_even_with_a_wrong_encoder() -> None:
    class WrongEncoder(LinearGaussian):
        def encode(self, images: Tensor) -> Posterior:
            exact = super().encode(images)
            return Posterior(exact.mean * 0.8 + 0.2, exact.std * 1.3)

    for model, least in ((LinearGaussian(), 0.999), (WrongEncoder(), 0.2)):
        generator = torch.Generator().manual_seed(0)
        start = torch.randn(20_000, model.latent_size, generator=generator)
        *_, (state, info) = walk(MetropolisWithinGibbs(model), start, generator, 6)
        assert info.accepted.float().mean() > least
        assert state.latent.mean(0).abs().max() < 4.5 / math.sqrt(len(start))
        assert (state.latent.var(0) - 1.0).abs().max() < 4.5 * math.sqrt(2.0 / len(start))


def test_metropolis_within_gibbs_needs_densities() -> None:
    class Deterministic(LinearGaussian):
        def encode(self, images: Tensor) -> Posterior:
            return Posterior(super().encode(images).mean)

    with pytest.raises(SamplingError, match="deterministic"):
        MetropolisWithinGibbs(Deterministic()).init(torch.zeros(2, Deterministic().latent_size), chain_generators(0, 2))


class State(NamedTuple):
    latent: Tensor


class Info(NamedTuple):
    latent_distance: Tensor


class Ramp(Density):
    """The log density is the first coordinate."""

    def log_density(self, latents: Tensor) -> Tensor:
        return latents[:, 0]


class Climb:
    """Each step goes up by one."""

    def init(self, latent: Tensor, generator) -> State:
        return State(latent)

    def step(self, state: State, generator) -> tuple[State, Info]:
        assert len(generator) == len(state.latent)
        return State(state.latent + 1.0), Info(torch.ones(len(state.latent)))


def test_chains_stop_where_they_are_likely_enough() -> None:
    start = torch.tensor([[0.0], [2.0], [3.5]])
    states = list(walk(AdaptiveStopping(Climb(), Ramp(), threshold=3.0), start, chain_generators(0, 3), 6))
    assert states[-1][0].latent.flatten().tolist() == [3.0, 3.0, 3.5]
    steps = torch.stack([info.walking for _, info in states[1:]]).sum(0)
    assert steps.tolist() == [3, 1, 0]


def test_chains_that_get_no_likelier_rest_too() -> None:
    class Descend(Climb):
        def step(self, state: State, generator) -> tuple[State, Info]:
            return State(state.latent - 1.0), Info(torch.ones(len(state.latent)))

    start = torch.tensor([[0.0], [5.0]])
    states = list(walk(AdaptiveStopping(Descend(), Ramp(), threshold=3.0), start, chain_generators(0, 2), 30))
    assert states[-1][0].latent.flatten().tolist() == [-PATIENCE, 5.0]


def test_transport_carries_once_and_then_decodes_and_encodes() -> None:
    model = LinearGaussian()
    flow = Flow(model.latent_size, transforms=1, hidden=8, passes=2)
    flow.location.fill_(2.0)
    start, generators = torch.randn(6, model.latent_size), chain_generators(0, 6)
    kernel = Transport(model, flow)
    states = [state for state, _ in walk(kernel, start, generators, 2)]
    assert torch.allclose(states[1].latent, flow.transport(start))
    assert not torch.allclose(states[2].latent, flow.transport(states[1].latent))
    mixed = states[0]._replace(carried=torch.tensor([True, False] * 3))
    moved, info = kernel.step(mixed, chain_generators(0, 6))
    assert torch.allclose(moved.latent[1::2], flow.transport(start)[1::2])
    assert moved.carried.all()
    assert info.image_change.shape == (6,)


def test_likelihoods_are_compared_without_clipping() -> None:
    drawn = Likelihood(torch.ones(1, 1, 2, 2), 0.5, bounds=None).sample(torch.Generator().manual_seed(0))
    assert drawn.max() > 1.0
