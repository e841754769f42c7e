"""What the rest of the program knows of a kind of density: a DensitySpec says it once, in the density's own file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor

from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.encodings import Encodings

BATCH = 512  # encodings a step of a fit


@dataclass(frozen=True)
class FitSettings:
    """How densities are fitted.

    Attributes:
        epochs: passes over the encodings, each with a fresh posterior draw of every image, for what is trained.
        hidden: units of the hidden layers of flows.
        updates: of the weights of a field of velocities, at the most; it stops where it learns no more.
        seed: fixes everything.
    """

    epochs: int = 20
    hidden: int = 256
    updates: int = 10_000
    seed: int = 0


Fit = Callable[[Encodings, Tensor, FitSettings], Iterator[StoredDensity]]
"""Fits to encodings, or to points (N, D) that were drawn of them; yields the density after each part of the work."""


@dataclass(frozen=True)
class DensitySpec:
    """A density in the registry.

    Attributes:
        name: as in links, files and on the command line; starting points have it, too.
        kind: builds an empty one for what lies in a file.
        fit: makes one.
        title: on screen, as it stands in a sentence.
        parts: how many parts the work of `fit` has.
    """

    name: str
    kind: type[StoredDensity]
    fit: Fit
    title: str
    parts: Callable[[FitSettings], int] = lambda _settings: 1
