"""Metropolis-within-Gibbs (Mattei & Frellsen 2018, arXiv 1802.04826): the decode-encode chain with an acceptance step.

One step from (z, x):

    x  ~ P(X | z)                                      decode, sampled
    z' ~ Q(Z | x)                                      encode
    z' is accepted with probability min(1, r),   r = P(x | z') P(z') Q(z | x) / (P(x | z) P(z) Q(z' | x))

It corrects the encoder's error: its stationary law is the model's own joint P(Z) P(X | Z), whatever Q is. The law of
the latent is then the *prior*, not the learned latent distribution, so it is no remedy for the prior's artifacts. What
it tells is how good the encoder is: the acceptance is 1 where Q is the model's exact posterior.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.models import Likelihood
from latentdemo.random import Generators, rand
from latentdemo.sampling.kernels.kernel import Autoencoder, Info, State


class MetropolisWithinGibbs:
    """The kernel of a model with a stochastic encoder and a likelihood with noise.

    Args:
        model: encodes and decodes.
    """

    def __init__(self, model: Autoencoder) -> None:
        self.model = model

    def init(self, latent: Tensor, generator: Generators) -> State:
        """Decode the starting points.

        Raises:
            SamplingError: a deterministic encoder, or a likelihood without noise: the ratio does not exist.
        """
        likelihood = self.model.decode(latent)
        if likelihood.std <= 0 or self.model.encode(likelihood.mean[:1]).std is None:
            raise SamplingError(
                "metropolis-within-gibbs needs densities to compare, but this model's encoder is deterministic or its "
                "likelihood has no noise; take a VAE or denoising VAE, or another kernel"
            )
        return State(latent, likelihood.mean)

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """Draw an image, propose from its posterior, accept or stay."""
        assert state.image is not None
        here = self.model.likelihood(state.image)
        drawn = Likelihood(here.mean, here.std, bounds=None).sample(generator)  # clipping would change the density
        posterior = self.model.encode(drawn)
        proposal = posterior.sample(generator)
        there = self.model.decode(proposal)
        log_ratio = (
            log_likelihood(there, drawn)
            - log_likelihood(here, drawn)
            + log_prior(proposal)
            - log_prior(state.latent)
            + posterior.log_density(state.latent)
            - posterior.log_density(proposal)
        )
        accepted = rand(len(proposal), generator, proposal.device).log() < log_ratio
        latent = torch.where(accepted[:, None], proposal, state.latent)
        image = torch.where(accepted[:, None, None, None], there.mean, here.mean)
        return State(latent, image), Info(
            latent_distance=(latent - state.latent).norm(dim=1),
            image_change=(image - here.mean).abs().flatten(1).mean(dim=1),
            accepted=accepted,
        )


def log_likelihood(likelihood: Likelihood, images: Tensor) -> Tensor:
    """log P(x | z) up to a constant, (N,) in nats."""
    return -0.5 * ((images - likelihood.mean) / likelihood.std).square().flatten(1).sum(dim=1)


def log_prior(latents: Tensor) -> Tensor:
    """log P(z) up to a constant, (N,) in nats."""
    return -0.5 * latents.square().sum(dim=1)
