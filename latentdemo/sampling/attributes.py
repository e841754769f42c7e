"""Attribute directions: from encodings of labelled pictures to a move after which a picture shows what is asked for.

Held-out pictures are encoded and carried back by the map T of a fitted density (`resolve_map`) into its base space,
where encodings follow a standard normal distribution. The direction of a value of an attribute leads from the mean of
the pictures that do not show it to the mean of those that do; a move goes along it by so many standard deviations s of
the encodings, and T carries it back, so that it bends with the data in place of leaving them:

    d = (m1 - m0) / |m1 - m0|,   z' = z + T(T^-1(z) + amount s d) - T(T^-1(z))

The difference in the end is z' itself but for what the way there and back loses, so that a move by nothing changes
nothing. Differences of means are the attribute vectors of Larsen et al. 2016 (arXiv 1512.09300) and White 2016 (arXiv
1609.04468), who take them in the latent space. InterFaceGAN (Shen et al. 2020, arXiv 1907.10786) takes the normal of
the plane that separates the two groups; of linear discriminant analysis that is the same difference, whitened by the
covariance, which is the identity in the base space, so that both agree there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from latentdemo.data.held_out import Labels, held_out_images, held_out_labels, held_out_written, labels_written
from latentdemo.errors import SamplingError
from latentdemo.random import Purpose, stream
from latentdemo.sampling.densities.density import TransportMap
from latentdemo.sampling.densities.resolve import resolve_map
from latentdemo.sampling.densities.store import densities_digest
from latentdemo.sampling.kernels.kernel import Autoencoder
from latentdemo.sampling.pieces import Call, at_once, in_batches

FITTED = 2500  # held-out pictures that directions are taken from, at most half of them: the others can judge
LEAST = 20  # a value has a direction where so many of these pictures show it, and so many do not
MOST_KEPT = 16  # models whose directions are kept in memory


class Move(NamedTuple):
    """A move along a direction: attribute and value as in the data set's labels, amount in standard deviations."""

    attribute: str
    value: str
    amount: float


class Direction(NamedTuple):
    """Where pictures lie that show a value of an attribute, seen from those that do not.

    Attributes:
        unit: (D,) of length 1.
        spread: standard deviation of encodings along it.
        separation: how far the means of the two groups lie apart, in units of `spread`.
    """

    unit: Tensor
    spread: float
    separation: float

    @property
    def step(self) -> Tensor:
        """A move by one standard deviation, (D,)."""
        return self.spread * self.unit


@dataclass(frozen=True, eq=False)
class Directions:
    """The directions of a model: name of an attribute -> one of its values -> direction."""

    known: Mapping[str, Mapping[str, Direction]]

    def of(self, attribute: str, value: str) -> Direction:
        """One of them; raises SamplingError where there is none of that name."""
        return known_by(value, self.of_attribute(attribute), attribute)

    def of_attribute(self, attribute: str) -> Mapping[str, Direction]:
        """All of an attribute, by value; raises SamplingError where there is none of that name."""
        return known_by(attribute, self.known, "attribute")


Found = TypeVar("Found")


def known_by(name: str, known: Mapping[str, Found], kind: str) -> Found:
    """What has a name; raises SamplingError, which says what there is, where nothing has it."""
    if name not in known:
        raise SamplingError(f"no direction of {kind} {name!r:.80}; known are {', '.join(known) or 'none'}")
    return known[name]


@torch.no_grad()
def move(
    model: Autoencoder, latents: Tensor, attribute: str, value: str, amount: float, *, call: Call = at_once
) -> Tensor:
    """Latents moved along the direction of a value of an attribute.

    Args:
        model: with labelled held-out images and fitted densities beside its checkpoint.
        latents: (N, D).
        attribute, value: as the labels name them; `attributes_of` says which there are.
        amount: how far, in standard deviations of encodings; below 0 away from the value. 0 changes nothing.
        call: who does each short piece of the work; does it at once, if not given.

    Returns:
        (N, D) on the device of the latents.

    Raises:
        SamplingError: no such value, an amount that is not finite, no labels, or no density with a map.
        CheckpointError, DataError: the densities or the held-out images cannot be read.

    Example:
        >>> from latentdemo import load_model
        >>> clothes = load_model("fashion-mnist/vae")
        >>> latents = torch.randn(4, clothes.latent_size, device=clothes.device)
        >>> bags = clothes.decode(move(clothes, latents, "class", "Bag", 2.0)).mean
        >>> move(clothes, latents, "class", "Bag", 0.0).equal(latents)
        True
    """
    if not math.isfinite(amount):
        raise SamplingError(f"a move by {amount}: take a finite number of standard deviations")
    step = amount * directions_of(model, call).of(attribute, value).step
    if not amount:
        return latents
    return call(partial(moved, latents.to(model.device), step, resolve_map(model))).to(latents.device)


@torch.no_grad()
def moved(latents: Tensor, step: Tensor, base: TransportMap) -> Tensor:
    """Latents (N, D) moved by a step (D,) in the base space of a map, see above."""
    points = base.inverse(latents)
    return latents + (base.transport(points + step.to(points)) - base.transport(points))


_kept: dict[tuple[str, str, int, int], Directions] = {}


def directions_of(model: Autoencoder, call: Call = at_once) -> Directions:
    """The directions of a model, found in some seconds and then kept in memory under the digests of its files.

    Arguments and errors are those of `move`.
    """
    base = resolve_map(model)
    assert model.folder is not None
    data = model.folder.parent
    key = (model.weights_digest, densities_digest(model.folder), held_out_written(data), labels_written(data))
    if key not in _kept:
        latents, labels = labelled_encodings(model, call)
        points = in_batches(base.inverse, latents.to(model.device), call)
        found = find_directions(points.cpu(), labels)
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[key] = found
    return _kept[key]


def attributes_of(folder: Path) -> dict[str, list[str]]:
    """What has a direction: name of an attribute -> values, in the order of the labels.

    Args:
        folder: of a data set; without labels that can be read there are none.
    """
    labels = held_out_labels(folder)
    rows = fitted_rows(max(map(len, labels.labels.values()), default=0))
    return {
        attribute: [name for name, _shown in values] for attribute, values in told_apart(taken(labels, rows)).items()
    }


def find_directions(points: Tensor, labels: Labels) -> Directions:
    """The directions of all values that enough pictures show.

    Args:
        points: (N, D) encodings, in the space that the directions are for.
        labels: what the pictures show, a row each.
    """
    return Directions({
        attribute: {name: direction(points, torch.from_numpy(shown)) for name, shown in values}
        for attribute, values in told_apart(labels).items()
    })  # fmt: skip


def direction(points: Tensor, shown: Tensor) -> Direction:
    """From the mean of the points (N, D) that do not show something to the mean of those that do, (N,) booleans."""
    between = points[shown].mean(dim=0) - points[~shown].mean(dim=0)
    distance = between.norm().clamp(min=torch.finfo(between.dtype).tiny)
    unit = between / distance
    spread = (points @ unit).std().item()
    return Direction(unit, spread, distance.item() / spread if spread else 0.0)


def told_apart(labels: Labels) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Name of an attribute -> its values that enough pictures show, and enough do not, each with which do, (N,)."""
    found = {
        attribute: [
            (name, shown)
            for number, name in enumerate(labels.label_names.get(attribute, ()))
            if min((shown := classes == number).sum(), (~shown).sum()) >= LEAST
        ]
        for attribute, classes in labels.labels.items()
    }
    return {attribute: values for attribute, values in found.items() if values}


def fitted_rows(count: int) -> np.ndarray:
    """Which of so many held-out pictures directions are taken from: a random half of them, or `FITTED`."""
    return dealt(count)[: min(count // 2, FITTED)]


def judging_rows(count: int) -> np.ndarray:
    """All the others, in random order."""
    return dealt(count)[min(count // 2, FITTED) :]


def dealt(count: int) -> np.ndarray:
    """The numbers of held-out pictures in one random order, for these may be sorted by what they show."""
    return torch.randperm(count, generator=stream(0, Purpose.ATTRIBUTES), device="cpu").numpy()


def taken(labels: Labels, rows: np.ndarray) -> Labels:
    """The labels of some pictures."""
    return Labels({attribute: classes[rows] for attribute, classes in labels.labels.items()}, labels.label_names)


def labelled_encodings(model: Autoencoder, call: Call = at_once) -> tuple[Tensor, Labels]:
    """Posterior draws of the held-out pictures that directions are taken from, (N, D) on the CPU, and their labels.

    Raises:
        SamplingError: the model has no folder, or its held-out images have no labels.
        DataError: they cannot be read.
    """
    if model.folder is None or not attributes_of(model.folder.parent):
        raise SamplingError("attributes need labelled held-out images in the folder of the model's data set")
    images, generator = held_out_images(model.folder.parent), stream(0, Purpose.ATTRIBUTES, 1)
    rows = fitted_rows(len(images))

    def encode(batch: Tensor) -> Tensor:
        return model.encode(images.tensor(batch.numpy()).to(model.device)).sample(generator).float().cpu()

    draws = in_batches(encode, torch.from_numpy(rows), call)
    return draws, taken(held_out_labels(model.folder.parent), rows)
