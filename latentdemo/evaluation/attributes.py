"""How moves along the directions of attributes fare: whether pictures show what is asked for, what else changes, and
how far from real data that leads; in the base space of a fitted map, and straight in the latent space beside it.

Held-out pictures that no direction was taken from are encoded by the posterior mean and moved; the classifier of labels
says what they show. Moving all of them towards one value changes the mix of what a set shows, which counts as distance
from real data of all kinds, however good each picture is; so the distance from those real pictures that show the value
is taken, too: it falls as far as a move reaches them. Both ways take their directions from the same encodings, each in
its own space; differences of means are what is usual in the latent space.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.division import divide
from latentdemo.evaluation.features.labels import LabelSpace, load_labels
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.features.space import FeatureSpace, in_every_space
from latentdemo.evaluation.measuring import over_seeds
from latentdemo.evaluation.metrics.frechet import frechet_distance
from latentdemo.evaluation.reduced.sample import Numbers
from latentdemo.evaluation.repetition import IN
from latentdemo.evaluation.report import EvaluationError, Measured
from latentdemo.evaluation.report.attributes import (
    BASE,
    BEFORE,
    LATENT,
    OF_ALL,
    OF_VALUE,
    OTHERS_KEPT,
    SHOWN,
    AttributeReport,
    MovedRow,
    Value,
)
from latentdemo.models import GenerativeAutoencoder, describe_device
from latentdemo.sampling.attributes import Directions, directions_of, find_directions, judging_rows, labelled_encodings
from latentdemo.sampling.attributes import moved as moved_in_base
from latentdemo.sampling.densities.density import TransportMap
from latentdemo.sampling.densities.resolve import resolve_map
from latentdemo.sampling.densities.store import densities_digest
from latentdemo.sampling.pieces import in_batches

PICTURES, USUAL_SEEDS, AMOUNTS = 100, tuple(range(3)), (1.0, 2.0)
LEAST_PICTURES = 20
USUAL_VALUES = 12  # in all, the clearest of each attribute, where nothing else is asked for

Progress = Callable[[int, int], None]
"""Called with (parts done, in all)."""


def measure_attributes(
    name: str,
    *,
    attributes: Sequence[str] = (),
    pictures: int = PICTURES,
    seeds: Sequence[int] = USUAL_SEEDS,
    amounts: Sequence[float] = AMOUNTS,
    spaces: Mapping[str, FeatureSpace] | None = None,
    device: torch.device | str | None = None,
    compute: Compute | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> AttributeReport:
    """Measure moves towards values of attributes; writes nothing.

    Args:
        name: of the model.
        attributes: all values of these; none for the clearest of all attributes, about `USUAL_VALUES`.
        pictures: that are moved in each repetition; fewer where there are not twice as many held-out ones.
        seeds: one repetition each, with pictures of its own.
        amounts: how far, in standard deviations of encodings.
        spaces: feature spaces by name; None takes those of the data set.
        device, compute: see `measure_model`.
        progress: told how far it is.
        cancelled: asked between two values.

    Raises:
        EvaluationError: too few images, no repetition, no amount, no feature space, or a classifier of other labels.
        SamplingError: no such attribute, no labels, or no density with a map.
        Cancelled: `cancelled` answered True.
        LatentdemoError: the model, its held-out images or features cannot be read.
    """
    compute, folder = compute or Here(device), model_folder(name)
    spaces = load_spaces(folder.parent.name, compute.device, beside=folder.parent) if spaces is None else spaces
    held_out = read_held_out(folder.parent)
    judging = judging_rows(len(held_out))
    pictures = min(pictures, len(judging) // 2)
    if pictures < LEAST_PICTURES or not seeds or not amounts or not spaces:
        raise EvaluationError(
            f"{len(seeds)} repetitions of {pictures} pictures, {len(amounts)} amounts, {len(spaces)} feature spaces: "
            f"take at least one of each, {LEAST_PICTURES} pictures and {4 * LEAST_PICTURES} held-out images"
        )
    with compute.model(name, "trained") as model:
        directions = both_directions(model, compute)
        chosen = chosen_values(directions[BASE], attributes)
        judge = load_labels(folder.parent.name, compute.device, beside=folder.parent)
        check_known(judge, chosen)
        subject = Subject(model, resolve_map(model), directions, spaces, judge, held_out, compute)
        rows, overlap = divide(len(judging), 2 * pictures, seeds)
        measured: dict[tuple[Value, str, float], list[Numbers]] = {}
        for turn, places in enumerate(rows):
            repetition = Repetition(subject, judging[places[:pictures]], judging[places[pictures:]], judging)
            for index, value in enumerate(chosen):
                if cancelled and cancelled():
                    raise Cancelled("cancelled; nothing was written")
                for space, amount, numbers in repetition.measure(value, amounts):
                    measured.setdefault((value, space, amount), []).append(numbers)
                if progress:
                    progress(turn * len(chosen) + index + 1, len(seeds) * len(chosen))
        return AttributeReport(
            model_sha256=model.weights_digest,
            density_sha256=densities_digest(folder),
            pictures=pictures,
            seeds=list(seeds),
            overlap=overlap,
            device=describe_device(compute.device),
            created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            spaces={space: each.digest for space, each in spaces.items()},
            rows=[row_of(*key, over_seeds(found, overlap)) for key, found in measured.items()],
        )


def both_directions(model: GenerativeAutoencoder, compute: Compute) -> dict[str, Directions]:
    """Directions in the base space and in the latent space, of the same encodings."""
    latents, labels = labelled_encodings(model, compute.call)
    return {BASE: directions_of(model, compute.call), LATENT: find_directions(latents, labels)}


def chosen_values(directions: Directions, attributes: Sequence[str]) -> list[Value]:
    """All values of some attributes; of none, the clearest of all attributes."""
    if attributes:
        return [Value(attribute, name) for attribute in attributes for name in directions.of_attribute(attribute)]
    most = max(USUAL_VALUES // len(directions.known), 1)
    return [
        Value(attribute, name)
        for attribute, values in directions.known.items()
        for name in sorted(values, key=lambda name: -values[name].separation)[:most]
    ]


def check_known(judge: LabelSpace, values: Sequence[Value]) -> None:
    """Raise EvaluationError where the classifier of labels does not know some value."""
    for value in values:
        if value.name not in judge.label_names.get(value.attribute, ()):
            raise EvaluationError(
                f"the classifier of labels does not know {value.attribute} {value.name!r}: make it anew with "
                f"'python -m latentdemo features {judge.config.dataset} --space labels'"
            )


def row_of(value: Value, space: str, amount: float, found: Measured) -> MovedRow:
    """A move with its figures over all repetitions."""
    return MovedRow(found.own, found.judged, found.mix, value=value, space=space, amount=amount)


@dataclass(frozen=True)
class Subject:
    """Whose moves are measured, and by whom.

    Attributes:
        model, base: whose pictures, and the map of the base space.
        directions: by the space that they are for.
        spaces: feature spaces by name.
        judge: says what pictures show.
        held_out: real pictures, with labels.
        compute: who computes.
    """

    model: GenerativeAutoencoder
    base: TransportMap
    directions: Mapping[str, Directions]
    spaces: Mapping[str, FeatureSpace]
    judge: LabelSpace
    held_out: ImageSet
    compute: Compute

    def in_batches(self, work: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        """What a piece of work gives for rows, a batch at a time."""
        return in_batches(work, rows, self.compute.call)

    def decoded(self, latents: Tensor) -> Tensor:
        """Images of latents (N, D), on the CPU."""
        return self.in_batches(lambda batch: self.model.decode(batch).mean.float().cpu(), latents)

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """Name of a space -> features of images."""
        return in_every_space(self.spaces, images, self.compute.call)


class Repetition:
    """The figures of one seed.

    Args:
        subject: whose moves.
        rows: held-out pictures that are moved, real: as many to compare with.
        others: those that real pictures of a value are looked for among, but for the ones that are moved.
    """

    def __init__(self, subject: Subject, rows: np.ndarray, real: np.ndarray, others: np.ndarray) -> None:
        self.subject = subject
        images = subject.held_out.tensor(rows).to(subject.model.device)
        self.latents = subject.in_batches(lambda batch: subject.model.encode(batch).mean, images)
        self.others = others[~np.isin(others, rows)]
        self.real = subject.features(subject.held_out.tensor(real))
        self.unmoved = subject.decoded(self.latents)
        self.features = subject.features(self.unmoved)
        self.probabilities = self.judged(self.unmoved)

    def judged(self, images: Tensor) -> dict[str, Tensor]:
        """Name of an attribute -> probabilities of its classes (N, classes)."""
        return self.subject.judge.probabilities(self.subject.in_batches(self.subject.judge, images))

    def measure(self, value: Value, amounts: Sequence[float]) -> Iterator[tuple[str, float, Numbers]]:
        """(Space that the move goes through, amount, figures) of all moves towards a value."""
        showing = self.showing(value)
        before = self.figures(self.probabilities, self.features, value, showing)
        for space in (BASE, LATENT):
            for amount in amounts:
                images = self.subject.decoded(self.moved(value, space, amount))
                seen = self.judged(images)
                after = self.figures(seen, self.subject.features(images), value, showing)
                yield space, amount, after | renamed(before) | self.kept(seen, value)

    def moved(self, value: Value, space: str, amount: float) -> Tensor:
        """The latents after a move."""
        step = amount * self.subject.directions[space].of(*value).step.to(self.latents)
        if space == LATENT:
            return self.latents + step
        move = partial(moved_in_base, step=step, base=self.subject.base)
        return self.subject.in_batches(move, self.latents)

    def showing(self, value: Value) -> dict[str, Tensor]:
        """Features of real pictures that show a value, as many as are moved or fewer, by space."""
        held_out = self.subject.held_out
        number = held_out.label_names[value.attribute].index(value.name)
        rows = self.others[held_out.labels[value.attribute][self.others] == number]
        return self.subject.features(held_out.tensor(rows[: len(self.latents)]))

    def figures(
        self,
        probabilities: Mapping[str, Tensor],
        features: Mapping[str, Tensor],
        value: Value,
        showing: Mapping[str, Tensor],
    ) -> Numbers:
        """What pictures show, and how far they are from real ones."""
        number = self.subject.judge.label_names[value.attribute].index(value.name)
        numbers = {SHOWN: probabilities[value.attribute][:, number].mean().item()}
        for space, seen in features.items():
            numbers[space + IN + OF_ALL] = frechet_distance(self.real[space], seen)
            numbers[space + IN + OF_VALUE] = frechet_distance(showing[space], seen)
        return numbers

    def kept(self, probabilities: Mapping[str, Tensor], value: Value) -> Numbers:
        """The share of pictures whose class of another attribute stayed, over all others."""
        shares = [
            (seen.argmax(dim=1) == self.probabilities[attribute].argmax(dim=1)).float().mean().item()
            for attribute, seen in probabilities.items()
            if attribute != value.attribute
        ]
        return {OTHERS_KEPT: sum(shares) / len(shares)} if shares else {}


def renamed(numbers: Numbers) -> Numbers:
    """Figures as those of pictures before the move."""
    split = {name: name.rpartition(IN) for name in numbers}
    return {first + mark + BEFORE + last: numbers[name] for name, (first, mark, last) in split.items()}
