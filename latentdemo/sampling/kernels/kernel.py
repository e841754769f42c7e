"""What a Markov kernel is: `init` and `step` over a batch of independent chains.

Rows of a batch never influence each other, and all randomness comes from the generators that are passed in, so that
chains may be batched, split and mixed at will. Each kernel has a State and an Info of its own, NamedTuples of tensors
(or of further such NamedTuples) whose first dimension is that of the chains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from latentdemo.models import GenerativeAutoencoder, Likelihood, Posterior
from latentdemo.random import ChainNoise, Generators


class State(Protocol):
    """Where the chains are.

    Attributes:
        latent: (N, D).

    A kernel that has the decoded mean of `latent` keeps it as `image`, (N, C, H, W), so that nobody decodes it twice.
    """

    @property
    def latent(self) -> Tensor: ...


class Info(Protocol):
    """What a person wants to see of a step, each of shape (N,).

    Attributes:
        latent_distance: Euclidean distance that the latent moved.

    Where there is such a thing, these names mean the same in every kernel: `image_change`, the mean absolute change of
    the decoded image in grey values of 0 to 1; `accepted`, whether the proposal was accepted, and
    `acceptance_probability`, with which it was to be; `log_density` of the new latent in nats.
    """

    @property
    def latent_distance(self) -> Tensor: ...


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
    """A Markov kernel on the latent space of a model.

    A kernel may say `recordable = True`: a step then reads no number back to the host, does the same whatever the
    numbers are, and takes all its noise from the generator, always as much, so that a GPU can record it once and
    replay it. Others are called at each step.
    """

    def init(self, latent: Tensor, generator: Generators) -> Any:
        """The State of chains that start at `latent` (N, D)."""
        ...

    def step(self, state: Any, generator: Generators) -> tuple[Any, Any]:
        """One step of every chain: the next State, and the Info of the step."""
        ...


def encode_own(model: Autoencoder, images: Tensor) -> Posterior:
    """The posterior of images that the chain itself made: noise may have carried them anywhere, and each step is one
    pass over them shorter if nobody looks."""
    return model.encode_unchecked(images) if isinstance(model, GenerativeAutoencoder) else model.encode(images)


Rows = TypeVar("Rows", bound=NamedTuple)


def over_tensors(function: Callable[..., Tensor], *batches: Any) -> Any:
    """What a function makes of the tensors that stand in the same place of NamedTuples of one type."""
    first = batches[0]
    if isinstance(first, Tensor):
        return function(*batches)
    return type(first)(*(over_tensors(function, *fields) for fields in zip(*batches, strict=True)))


def take_rows(batch: Rows, chosen: Tensor | slice) -> Rows:
    """The chosen rows, a slice or (N,) booleans, of a State or an Info."""
    return over_tensors(lambda values: values[chosen], batch)


def put_rows(batch: Rows, chosen: Tensor, part: Rows) -> Rows:
    """A copy in which the chosen (N,) rows are those of `part`."""

    def put(values: Tensor, new: Tensor) -> Tensor:
        values = values.clone()
        values[chosen] = new
        return values

    return over_tensors(put, batch, part)


def spread_rows(chosen: Tensor, part: Rows) -> Rows:
    """A batch of as many rows as `chosen` (N,) has: those of `part` where it is true, zeros elsewhere."""

    def spread(new: Tensor) -> Tensor:
        values = new.new_zeros(len(chosen), *new.shape[1:])
        values[chosen] = new
        return values

    return over_tensors(spread, part)


def join_rows(batches: Sequence[Rows]) -> Rows:
    """The rows of several batches of one kernel, one after the other."""
    return batches[0] if len(batches) == 1 else over_tensors(lambda *values: torch.cat(values), *batches)


def figures_of(info: Any) -> dict[str, Tensor]:
    """Name -> what an Info says of it; of an Info inside another, its names alone."""
    figures: dict[str, Tensor] = {}
    for name, value in info._asdict().items():
        figures |= {name: value} if isinstance(value, Tensor) else figures_of(value)
    return figures


def take_generators(generator: Generators, chosen: Tensor) -> Generators:
    """The generators of the chosen (N,) rows, or the one that all rows share."""
    if isinstance(generator, torch.Generator):
        return generator
    if isinstance(generator, ChainNoise):
        return generator.take(chosen)
    return [own for own, is_chosen in zip(generator, chosen.tolist(), strict=True) if is_chosen]


def mean_image_change(before: Tensor, after: Tensor) -> Tensor:
    """Mean absolute change of each image (N, C, H, W), (N,) in grey values of 0 to 1."""
    return (after - before).abs_().flatten(1).mean(dim=1)


def latent_distance(before: Tensor, after: Tensor) -> Tensor:
    """Euclidean distance that each latent (N, D) moved, (N,)."""
    return (after - before).norm(dim=1)
