"""Metropolis-within-Gibbs (Mattei & Frellsen 2018, arXiv 1802.04826): the decode-encode chain with an acceptance step.

One step from (z, x):

    x  ~ P(X | z)                                      decode, sampled
    z' ~ Q(Z | x)                                      encode
    z' is accepted with probability min(1, r),   r = P(x | z') P(z') Q(z | x) / (P(x | z) P(z) Q(z' | x))

It corrects the encoder's error: its stationary law is the model's own joint P(Z) P(X | Z), whatever Q is. The law of
the latent is then the *prior*, not the learned latent distribution, so it is no remedy for the prior's artifacts. What
it tells is how good the encoder is: the acceptance is 1 where Q is the model's exact posterior. With known pixels put
back into x, which the method was made for, its law is that of the joint given these.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.models import Likelihood
from latentdemo.random import Generators, rand
from latentdemo.sampling.kernels.kernel import Autoencoder, encode_own, latent_distance, mean_image_change
from latentdemo.sampling.kernels.spec import KernelSpec, Style, Trial
from latentdemo.sampling.known import put_back


class MetropolisWithinGibbsState(NamedTuple):
    """Where the chains are.

    Attributes:
        latent: (N, D).
        image: its decoded mean, (N, C, H, W).
    """

    latent: Tensor
    image: Tensor


class MetropolisWithinGibbsInfo(NamedTuple):
    """What a step did; all of shape (N,), see `Info`."""

    latent_distance: Tensor
    image_change: Tensor
    accepted: Tensor
    acceptance_probability: Tensor


class MetropolisWithinGibbs:
    """The kernel of a model with a stochastic encoder and a likelihood with noise.

    Args:
        model: encodes and decodes.
        known: pixels of x that are known, (C, H, W); see `latentdemo.sampling.known`.
    """

    def __init__(self, model: Autoencoder, known: Tensor | None = None) -> None:
        self.model = model
        self.known = None if known is None else known.to(model.device)
        self.recordable: bool = getattr(model, "recordable", False)

    def init(self, latent: Tensor, generator: Generators) -> MetropolisWithinGibbsState:
        """Decode the starting points.

        Raises:
            SamplingError: a deterministic encoder, or a likelihood without noise: the ratio does not exist.
        """
        likelihood = self.model.decode(latent)
        if likelihood.std <= 0 or encode_own(self.model, likelihood.mean[:1]).std is None:
            raise SamplingError(
                "metropolis-within-gibbs needs densities to compare, but this model's encoder is deterministic or its "
                "likelihood has no noise; take a VAE or denoising VAE, or another kernel"
            )
        return MetropolisWithinGibbsState(latent, likelihood.mean)

    def step(
        self, state: MetropolisWithinGibbsState, generator: Generators
    ) -> tuple[MetropolisWithinGibbsState, MetropolisWithinGibbsInfo]:
        """Draw an image, propose from its posterior, accept or stay."""
        here = self.model.likelihood(state.image)
        drawn = Likelihood(here.mean, here.std, bounds=None).sample(generator)  # clipping would change the density
        drawn = put_back(drawn, self.known)
        posterior = encode_own(self.model, drawn)
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
        moved = MetropolisWithinGibbsState(
            torch.where(accepted[:, None], proposal, state.latent),
            torch.where(accepted[:, None, None, None], there.mean, here.mean),
        )
        return moved, MetropolisWithinGibbsInfo(
            latent_distance(state.latent, moved.latent),
            mean_image_change(here.mean, moved.image),
            accepted,
            log_ratio.exp().clamp(max=1.0),
        )


def log_likelihood(likelihood: Likelihood, images: Tensor) -> Tensor:
    """log P(x | z) up to a constant, (N,) in nats."""
    return -0.5 * ((images - likelihood.mean) / likelihood.std).square().flatten(1).sum(dim=1)


def log_prior(latents: Tensor) -> Tensor:
    """log P(z) up to a constant, (N,) in nats."""
    return -0.5 * latents.square().sum(dim=1)


METROPOLIS_WITHIN_GIBBS = KernelSpec(
    name="metropolis-within-gibbs",
    build=lambda model, _density, **known: MetropolisWithinGibbs(model, **known),
    method="Metropolis-within-Gibbs",
    title="corrected chain",
    help="The plain chain with an acceptance step; it keeps to the prior, so it tells how good the encoder is rather "
    "than curing anything (Metropolis-within-Gibbs).",
    style=Style("#cc79a7", "triangle-down"),
    needs_stochastic_encoder=True,
    holds_pixels=True,
    trials=(Trial((1, 5)),),
)
