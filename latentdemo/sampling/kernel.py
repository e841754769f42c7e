"""What a Markov kernel is: `init` and `step` over a batch of independent chains.

Rows of a batch never influence each other, and all randomness comes from the generators that are passed in, so that
chains may be batched, split and mixed at will.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from torch import Tensor

from latentdemo.models import Likelihood, Posterior
from latentdemo.random import Generators


class State(NamedTuple):
    """Where the chains are.

    Attributes:
        latent: (N, D).
        image: the decoded mean of `latent`, (N, C, H, W), where the kernel has it at hand.
    """

    latent: Tensor
    image: Tensor | None = None


class Info(NamedTuple):
    """What a person wants to see of a step; all of shape (N,).

    Attributes:
        latent_distance: Euclidean distance the latent moved.
        image_change: mean absolute change of the decoded image, in grey values of 0 to 1, where it was decoded.
        accepted: whether the proposal was accepted, for kernels that reject.
        log_density: of the new latent, in nats, for kernels that have a density.
    """

    latent_distance: Tensor
    image_change: Tensor | None = None
    accepted: Tensor | None = None
    log_density: Tensor | None = None


class Autoencoder(Protocol):
    """What kernels ask of a model."""

    @property
    def latent_size(self) -> int: ...

    def encode(self, images: Tensor) -> Posterior: ...

    def decode(self, latents: Tensor) -> Likelihood: ...

    def likelihood(self, mean: Tensor) -> Likelihood: ...

    def corrupt(self, images: Tensor, generator: Generators) -> Tensor: ...


class Kernel(Protocol):
    """A Markov kernel on the latent space of a model."""

    def init(self, latent: Tensor, generator: Generators) -> State:
        """The state of chains that start at `latent` (N, D)."""
        ...

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """One step of every chain."""
        ...
