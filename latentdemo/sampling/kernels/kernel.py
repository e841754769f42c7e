"""What a Markov kernel is: `init` and `step` over a batch of independent chains.

Rows of a batch never influence each other, and all randomness comes from the generators that are passed in, so that
chains may be batched, split and mixed at will.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from latentdemo.models import Likelihood, Posterior
from latentdemo.random import Generators


class State(NamedTuple):
    """Where the chains are.

    Attributes:
        latent: (N, D).
        image: the decoded mean of `latent`, (N, C, H, W), where the kernel has it at hand.
        log_density: of `latent`, (N,) in nats, for kernels that have a density.
        gradient: of the log density, (N, D), for kernels that follow it.
        carried: (N,) whether the flow has carried the latent already, for the kernel `transport`.
        patience: (N,) steps left to become likelier, 0 for a chain that rests, for chains that stop by themselves.
        likeliest: (N,) highest log density that a chain has had so far in nats, for the same chains.
    """

    latent: Tensor
    image: Tensor | None = None
    log_density: Tensor | None = None
    gradient: Tensor | None = None
    carried: Tensor | None = None
    patience: Tensor | None = None
    likeliest: Tensor | None = None


class Info(NamedTuple):
    """What a person wants to see of a step; all of shape (N,).

    Attributes:
        latent_distance: Euclidean distance the latent moved.
        image_change: mean absolute change of the decoded image, in grey values of 0 to 1, where it was decoded.
        accepted: whether the proposal was accepted, for kernels that reject.
        log_density: of the new latent, in nats, for kernels that have a density.
        walking: whether the chain took this step, for chains that stop by themselves.
    """

    latent_distance: Tensor
    image_change: Tensor | None = None
    accepted: Tensor | None = None
    log_density: Tensor | None = None
    walking: Tensor | None = None


class Autoencoder(Protocol):
    """What kernels ask of a model."""

    @property
    def latent_size(self) -> int: ...

    @property
    def folder(self) -> Path | None: ...

    @property
    def weights_digest(self) -> str: ...

    @property
    def device(self) -> torch.device: ...

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


Rows = TypeVar("Rows", State, Info)


def take_rows(batch: Rows, chosen: Tensor | slice) -> Rows:
    """The chosen rows, a slice or (N,) booleans, of a state or of what a step reported."""
    return batch._replace(**{name: value[chosen] for name, value in batch._asdict().items() if value is not None})


def put_rows(batch: Rows, chosen: Tensor, part: Rows) -> Rows:
    """A copy in which the chosen (N,) rows are those of `part`."""
    merged = {}
    for name, value in part._asdict().items():
        if value is not None:
            old = getattr(batch, name)
            merged[name] = value.new_zeros(len(chosen), *value.shape[1:]) if old is None else old.clone()
            merged[name][chosen] = value
    return batch._replace(**merged)


def join_rows(batches: Sequence[Rows]) -> Rows:
    """The rows of several batches of one kernel, one after the other."""
    first = batches[0]
    if len(batches) == 1:
        return first
    filled = [name for name, value in first._asdict().items() if value is not None]
    return first._replace(**{name: torch.cat([getattr(batch, name) for batch in batches]) for name in filled})


def take_generators(generator: Generators, chosen: Tensor) -> Generators:
    """The generators of the chosen (N,) rows, or the one that all rows share."""
    if isinstance(generator, torch.Generator):
        return generator
    return [own for own, is_chosen in zip(generator, chosen.tolist(), strict=True) if is_chosen]
