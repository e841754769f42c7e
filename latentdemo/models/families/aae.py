"""Adversarial autoencoder (Makhzani, Shlens, Jaitly, Goodfellow, Frey 2016, arXiv 1511.05644)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentdemo.models.autoencoder import Objective, Posterior, TrainableAutoencoder, cross_entropy
from latentdemo.models.network import NetworkConfig
from latentdemo.random import randn

LEAK = 0.2  # slope of the leaky ReLU below zero (DCGAN)


class Adversary(nn.Module):
    """A fully-connected network that tells encodings from prior draws; latents (N, D) to logits (N,).

    Dropout takes its mask from the generator that is passed in.
    """

    def __init__(self, latent_size: int, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(latent_size, width), nn.Linear(width, width)])
        self.output = nn.Linear(width, 1)
        self.dropout = dropout

    def forward(self, latents: Tensor, generator: torch.Generator) -> Tensor:
        hidden = latents
        for layer in self.layers:
            hidden = F.leaky_relu(layer(hidden), LEAK)
            kept = (
                torch.rand(hidden.shape, generator=generator, dtype=torch.float32, device=hidden.device) >= self.dropout
            )
            hidden = hidden * kept / (1.0 - self.dropout)
        return self.output(hidden).float().squeeze(1)


class AAE(TrainableAutoencoder):
    """A deterministic encoder, held to the prior by an adversary instead of a divergence.

    The autoencoder minimises cross-entropy + weight * (-log D(z)), the adversary -log D(prior) - log(1 - D(z)),
    in turns, with D the adversary's belief that a latent comes from the prior.

    Args:
        network: sizes of the networks.
        adversary_weight: nats of cross-entropy that one nat of the adversary's verdict is worth.
        adversary_width: units of its two hidden layers.
        adversary_dropout: share of hidden units left out in each of its steps.
        residual_std: see `GenerativeAutoencoder`.
    """

    family = "aae"
    title = "AAE"
    encoder_outputs_per_latent = 1
    training_only = ("adversary.",)

    def __init__(
        self,
        network: NetworkConfig,
        residual_std: float = 0.0,
        adversary_weight: float = 1.0,
        adversary_width: int = 512,
        adversary_dropout: float = 0.2,
    ) -> None:
        super().__init__(network, residual_std)
        self.adversary_weight = adversary_weight
        self.adversary_width = adversary_width
        self.adversary_dropout = adversary_dropout
        self.adversary = Adversary(network.latent_size, adversary_width, adversary_dropout)

    def options(self) -> dict[str, float | int]:
        return {
            **super().options(),
            "adversary_weight": self.adversary_weight,
            "adversary_width": self.adversary_width,
            "adversary_dropout": self.adversary_dropout,
        }

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        return {**super().parameter_groups(), "adversary": list(self.adversary.parameters())}

    def posterior(self, outputs: Tensor) -> Posterior:
        return Posterior(outputs)

    def objectives(self, images: Tensor, generator: torch.Generator) -> Iterator[Objective]:
        encoded = self.encode_unchecked(self.corrupt(images, generator)).mean
        reconstruction = cross_entropy(self.decoder(encoded), images)
        doubt = F.softplus(-self.adversary(encoded, generator)).mean()
        yield Objective(
            "autoencoder",
            reconstruction + self.adversary_weight * doubt,
            {"reconstruction": reconstruction.detach(), "doubt": doubt.detach()},
        )
        prior = randn(encoded.shape, generator, encoded.device)
        verdict = (
            F.softplus(-self.adversary(prior, generator)).mean()
            + F.softplus(self.adversary(encoded.detach(), generator)).mean()
        )
        yield Objective("adversary", verdict, {"adversary": verdict.detach()})
