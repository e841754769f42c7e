"""Variational autoencoder with a jointly trained flow prior (Chen et al. 2017, arXiv 1611.02731).

The prior of the encoder's latents z is a neural spline flow (Durkan et al. 2019, arXiv 1906.04032), trained together
with encoder and decoder, so that prior and learned latent distribution move towards each other. A flow is an
invertible map f between z and standard normal latents u, and a flow prior on z is the same model as a standard normal
prior on u with a richer posterior (section 3.2 of that paper). The model is written in u:

    decode(u) = Decoder(f^-1(u)),    posterior of u = f applied to the encoder's Gaussian on z.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
import zuko
from torch import Tensor, nn

from latentdemo.errors import NetworkConfigError
from latentdemo.models.autoencoder import Objective, Posterior, cross_entropy
from latentdemo.models.families.vae import VAE
from latentdemo.models.network import NetworkConfig, built
from latentdemo.random import Generators

COUPLING = 2  # groups of dimensions, each conditioned on the one before: f and its inverse cost about the same
FIRST_SPLINES = 0.01  # scale of the layers that give the splines, before training: f starts near the identity
MOST_TRANSFORMS, MOST_WEIGHTS = 16, 20_000_000  # far beyond what pays for latents of hundreds of dimensions
BINS = 8  # pieces of a spline
BLOCK = 4096  # latents at a time; the splines of more of them fill the memory


class FlowPrior(nn.Module):
    """The density of the encoder's latents z, and the map f between them and standard normal latents u.

        log p(z) = sum_i log N(f(z)_i; 0, 1) + log |df/dz|

    It computes in float32, whatever precision is set around it.

    Args:
        latent_size: D.
        transforms: layers of splines.
        hidden: units of each of the two hidden layers that make a layer's splines.

    Raises:
        NetworkConfigError: a size that cannot be built.
    """

    def __init__(self, latent_size: int, transforms: int, hidden: int) -> None:
        super().__init__()
        check_sizes(latent_size, transforms, hidden)
        self.flow = built(  # on the CPU always, for zuko looks into its masks, which a device without memory has not
            lambda: zuko.flows.NSF(
                latent_size, bins=BINS, transforms=transforms, hidden_features=(hidden, hidden), passes=COUPLING
            )
        )

    def forward(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """f(z) and the logarithm of its slope in each dimension, both (N, D), of latents z (N, D).

        A layer moves each dimension along a spline of its own, so that its log-determinant is a sum over dimensions.
        """
        with torch.autocast(encoded.device.type, enabled=False):
            latents, log_slope = encoded, torch.zeros_like(encoded)
            for layer in self.flow.transform.transforms:
                latents, more = layer().meta(latents).base.call_and_ladj(latents)
                log_slope = log_slope + more
        return latents, log_slope

    def inverse(self, latents: Tensor) -> Tensor:
        """f^-1(u), (N, D), of latents u (N, D)."""
        with torch.autocast(latents.device.type, enabled=False):
            with latents.device:  # where zuko would take the process's default one
                transform = self.flow().transform
            return torch.cat([transform.inv(block) for block in latents.split(BLOCK)])


def check_sizes(latent_size: int, transforms: int, hidden: int) -> None:
    """Raise NetworkConfigError where a flow of these sizes cannot be built, before any memory is taken for it."""
    for name, value, most in (("flow_transforms", transforms, MOST_TRANSFORMS), ("flow_hidden", hidden, MOST_WEIGHTS)):
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise NetworkConfigError(f"{name} is {value!r}; it must be a whole number from 1 to {most}")
    weights = transforms * hidden * (latent_size + hidden + (3 * BINS - 1) * latent_size)
    if weights > MOST_WEIGHTS:
        raise NetworkConfigError(
            f"a flow of {transforms} transforms with {hidden} hidden units on {latent_size} latents has {weights:,} "
            f"weights; take fewer of them, {MOST_WEIGHTS:,} weights at most"
        )


@dataclass(frozen=True, kw_only=True)
class FlowPosterior(Posterior):
    """Q(U|x): the encoder's Gaussian on z, carried by f.

    Attributes:
        location, std: of the Gaussian on z, (N, D).
        prior: f.
    """

    prior: FlowPrior

    @cached_property
    def mean(self) -> Tensor:
        """Where f carries the Gaussian's mean, (N, D): the centre of the posterior, not exactly its expectation."""
        return self.carried(self.location)

    def sample(self, generator: Generators) -> Tensor:
        return self.carried(super().sample(generator))

    def log_density(self, latents: Tensor) -> Tensor:
        encoded = self.prior.inverse(latents)
        return super().log_density(encoded) - self.prior(encoded)[1].sum(dim=1)

    def kl_to_prior(self, generator: Generators) -> Tensor:
        """KL to the prior in each dimension, (N, D) in nats, estimated from one draw: log q(z|x) - log p(z).

        A layer of f gives each dimension its own share of log p(z); the shares of a row add up to its KL.
        """
        return self.kl_at(super().sample(generator))

    def kl_at(self, encoded: Tensor) -> Tensor:
        """log q(z|x) - log p(z) in each dimension, (N, D) in nats, at draws z (N, D) of the Gaussian."""
        assert self.std is not None
        latents, log_slope = self.prior(encoded)
        noise = (encoded - self.location) / self.std
        return 0.5 * (latents.square() - noise.square()) - self.std.log() - log_slope

    def carried(self, encoded: Tensor) -> Tensor:
        """f(z), (N, D)."""
        return torch.cat([self.prior(block)[0] for block in encoded.split(BLOCK)])


class FlowVAE(VAE):
    """Minimises the negative evidence lower bound under the flow prior,

        E_q[-log p(x|z) + log q(z|x) - log p(z)],

    with one draw of z an image.

    Args:
        network: sizes of the networks.
        residual_std: see `GenerativeAutoencoder`.
        flow_transforms, flow_hidden: see `FlowPrior`.
    """

    family = "flow-vae"
    title = "Flow-prior VAE"
    improves = "vae"
    recordable = False  # Nobody has recorded the flow of its prior on a GPU yet.

    def __init__(
        self, network: NetworkConfig, residual_std: float = 0.0, flow_transforms: int = 4, flow_hidden: int = 256
    ) -> None:
        super().__init__(network, residual_std)
        self.flow_transforms = flow_transforms
        self.flow_hidden = flow_hidden
        self.prior = FlowPrior(network.latent_size, flow_transforms, flow_hidden)

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        super().initialise(generator)
        for layer in self.prior.flow.transform.transforms:
            layer.hyper[-1].weight.mul_(FIRST_SPLINES)

    def options(self) -> dict[str, float | int]:
        return {**super().options(), "flow_transforms": self.flow_transforms, "flow_hidden": self.flow_hidden}

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        groups = super().parameter_groups()
        return {"autoencoder": [*groups["autoencoder"], *self.prior.parameters()]}

    def posterior(self, outputs: Tensor) -> FlowPosterior:
        gaussian = super().posterior(outputs)
        return FlowPosterior(gaussian.location, gaussian.std, prior=self.prior)

    def logits(self, latents: Tensor) -> Tensor:
        return super().logits(self.prior.inverse(latents))

    def objectives(self, images: Tensor, generator: torch.Generator) -> Iterator[Objective]:
        posterior = self.posterior(self.encoder(self.corrupt(images, generator)).float())
        encoded = Posterior.sample(posterior, generator)
        reconstruction = cross_entropy(self.decoder(encoded), images)
        kl = posterior.kl_at(encoded).sum(dim=1).mean()
        yield Objective(
            "autoencoder",
            reconstruction + kl,
            {"reconstruction": reconstruction.detach(), "kl": kl.detach()},
        )
