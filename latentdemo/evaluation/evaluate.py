"""The evaluation of a model: what every way to sample gains, costs and loses, between a floor and a ceiling.

Every figure is taken with equal numbers of images against real held-out images, and repeated over seeds: other samples,
other held-out images, other training images. The floor is real training data itself, the ceiling what the decoder
makes of the encodings of real training data: no sampler of the latent space can be expected to do better. Where no
training images are at hand, both are taken of held-out images that the comparison does not use.
"""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation.cost import milliseconds_an_image
from latentdemo.evaluation.features import FeatureSpace, load_features
from latentdemo.evaluation.long_run import diagnose_kernels
from latentdemo.evaluation.pictures import image_change, memorised_share, nearest_distance, sharpness
from latentdemo.evaluation.plan import Walk, plan
from latentdemo.evaluation.quality import measure_quality
from latentdemo.evaluation.recommend import recommend
from latentdemo.evaluation.report import CEILING, FLOOR, GAP, EvaluationError, Interval, Report, Row
from latentdemo.evaluation.two_sample import energy_test
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.models import GenerativeAutoencoder, describe_device, load_model, load_trained
from latentdemo.models.checkpoint import current_versions, read_config
from latentdemo.models.inference import precision_of
from latentdemo.random import epoch_generator
from latentdemo.sampling import Batches, ChainRun, run_batches
from latentdemo.sampling.density import read_density_config
from latentdemo.sampling.encodings import Encodings, encode_set

BATCH = 250
LATENT_SPACE = 5000  # encodings that the latent space is described by
LATENTS = 1000  # latents a side of a two-sample test
ROUND_TRIPS = 250  # samples that are decoded and encoded once more
NEIGHBOURS_OF = 500  # samples whose nearest training image is looked for

Progress = Callable[[int, int], None]
"""Called with (walks done, in all)."""
Numbers = dict[str, float]
"""Name of a figure -> its value for one seed."""


@dataclass
class Subject:
    """A model and what it is measured against.

    Attributes:
        model: the model.
        features: the feature space.
        held_out: real images to compare with.
        train: the images that it was trained on; None where they are not at hand.
        batches: walks chains.
        drawn: latents that others drew: name of a start -> seed -> (count, D).
    """

    model: GenerativeAutoencoder
    features: FeatureSpace
    held_out: ImageSet
    train: ImageSet | None
    batches: Batches = run_batches
    drawn: Mapping[str, Mapping[int, Tensor]] = field(default_factory=dict)

    @cached_property
    def encodings(self) -> Encodings:
        """Posteriors of the held-out images."""
        return encode_set(self.model, self.held_out)

    @cached_property
    def training_features(self) -> Tensor | None:
        """Features of all training images."""
        return None if self.train is None else self.features.of_set(self.train)

    @property
    def most(self) -> int:
        """Images a side that there are enough real images for."""
        return len(self.held_out) // 2 if self.train is None else min(len(self.train), len(self.held_out))


def measure_model(
    name: str,
    *,
    count: int = 2000,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    train: ImageSet | None = None,
    features: FeatureSpace | None = None,
    kernels: Sequence[str] | None = None,
    steps: Sequence[int] | None = None,
    device: torch.device | str | None = None,
    bf16: bool = False,
    keep_in: Path | None = None,
    batches: Batches = run_batches,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Evaluate a model.

    Args:
        name: of the model, whose densities were fitted.
        count: images a side, in each repetition.
        seeds: one repetition each.
        train: the images that it was trained on; see above for what happens without.
        features: the feature space; None takes the one that is shipped for the data set. Figures of different spaces
            cannot be compared, least of all with Inception's.
        kernels, steps: see `plan`.
        device: where to run.
        bf16: walk and decode in bf16, as models serve where the processor has it; features and everything in the
            latent space stay in float32, costs are always of the model as it serves.
        keep_in: a file for what is done so far; a run with the same settings goes on from it.
        batches: walks chains; another than `run_batches` may let them take turns with others on the same device.
        progress: told how far it is.
        cancelled: asked between two batches.

    Raises:
        EvaluationError: too few images, or no seed.
        Cancelled: `cancelled` answered True; what was done is in `keep_in`.
        LatentdemoError: the model, its densities, held-out images or features cannot be read.
    """
    model = load_trained(name, device)
    assert model.folder is not None
    dataset = name.split("/", maxsplit=1)[0]
    features = features or load_features(dataset, device, model.folder.parent.parent)
    subject = Subject(model, features, read_held_out(model.folder.parent), train, batches)
    if not seeds or not 10 <= count <= subject.most:
        raise EvaluationError(
            f"{len(seeds)} repetitions of {count} images; take at least one of 10 to {subject.most} images"
        )
    walks = plan(model, kernels, steps)
    config, density = read_config(model.folder), read_density_config(model.folder)
    walked = load_model(name, device, precision="bf16") if bf16 else model
    precision = precision_of(walked)
    settings = [config.sha256, density.sha256, features.digest, count, train is not None, precision]
    encodings = subject.encodings  # of the model as it was trained
    subject.model = walked
    figures, references = measure_all(subject, walks, count, seeds, Unfinished(keep_in, settings), progress, cancelled)
    rows = with_times(figures, load_model(name, device), batches)
    return Report(
        model=name,
        model_sha256=config.sha256,
        density_sha256=density.sha256,
        features=features.facts(),
        count=count,
        seeds=list(seeds),
        device=describe_device(model.device),
        created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        versions=current_versions(),
        references=references,
        rows=rows,
        recommendation=recommend(rows),
        latent_space=describe_latent_space(encodings),
        diagnostics=diagnose_kernels(model, encodings, batches, cancelled),
        training_images=train is not None,
        precision=precision,
    )


def with_times(rows: Sequence[Row], model: GenerativeAutoencoder, batches: Batches = run_batches) -> list[Row]:
    """Rows with what they cost on the model's device; those that others drew keep the time that they have."""
    return [
        row if row.is_foreign else replace(row, milliseconds=milliseconds_an_image(model, row, batches)) for row in rows
    ]


def retime(report: Report, device: torch.device | str | None = None, batches: Batches = run_batches) -> Report:
    """A report with its times taken anew, here, and the recommendation that follows from them; nothing else changes.

    Args:
        report: an evaluation of a model at hand.
        device: where to run.
        batches: walks chains; see `measure_model`.

    Raises:
        LatentdemoError: the model or its densities cannot be read.
    """
    model = load_model(report.model, device)
    rows = with_times(report.rows, model, batches)
    return replace(report, rows=rows, recommendation=recommend(rows), device=describe_device(model.device))


def describe_latent_space(encodings: Encodings) -> dict[str, Any]:
    """What is told of the latent space before any chain; see `analyse_latent_space`."""
    from latentdemo.evaluation.latent_space import analyse_latent_space

    latents = encodings.draw(epoch_generator(0, 0))[:LATENT_SPACE]
    prior = torch.randn(latents.shape, generator=epoch_generator(1, 0))
    return asdict(analyse_latent_space(latents, encodings.kl_to_prior(), prior, 0))


def measure_all(
    subject: Subject,
    walks: Sequence[Walk],
    count: int,
    seeds: Sequence[int],
    unfinished: Unfinished,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[list[Row], dict[str, dict[str, Interval]]]:
    """All rows, their costs still missing, and the references, over all seeds."""
    of_seed: list[dict[str, dict[str, Numbers]]] = []
    total = len(seeds) * (1 + len(walks))
    for turn, seed in enumerate(seeds):
        repetition = Repetition(subject, count, seed)
        measured: dict[str, dict[str, Numbers]] = {}
        work: list[tuple[str, Callable[[], dict[str, Numbers]]]] = [("references", repetition.references)]
        work += [(walk.key, partial(repetition.measure, walk, cancelled)) for walk in walks]
        for index, (key, take) in enumerate(work):
            if cancelled and cancelled():
                raise Cancelled("cancelled; what was measured so far is kept")
            measured[key] = unfinished.get_or_make(f"{seed} {key}", take)
            if progress:
                progress(turn * len(work) + index + 1, total)
        of_seed.append(with_gap_closed(measured, walks))
    references = {name: over_seeds([each["references"][name] for each in of_seed]) for name in (FLOOR, CEILING)}
    rows = [
        row_of(walk, step, over_seeds([each[walk.key][str(step)] for each in of_seed]))
        for walk in walks
        for step in walk.steps
    ]
    return rows, references


def row_of(walk: Walk, step: int, figures: dict[str, Interval]) -> Row:
    """What was measured of a walk at a step."""
    average = figures.pop("average_steps")
    return Row(walk.start, walk.kernel if step else "", step, figures, walk.options, walk.stop_at, average.mean)


def with_gap_closed(measured: dict[str, dict[str, Numbers]], walks: Sequence[Walk]) -> dict[str, dict[str, Numbers]]:
    """The figures of a seed with the quality gap closed: per cent of the way from the prior sample's Fréchet distance
    to the ceiling's; left out where the prior sample is no worse than the ceiling."""
    prior = next(measured[walk.key]["0"] for walk in walks if walk.start == "prior" and 0 in walk.steps)
    gap = prior["frechet_distance"] - measured["references"][CEILING]["frechet_distance"]
    if gap <= 0:
        return measured
    return {
        key: {
            name: numbers | {GAP: 100.0 * (prior["frechet_distance"] - numbers["frechet_distance"]) / gap}
            for name, numbers in sets.items()
        }
        for key, sets in measured.items()
    }


def over_seeds(values: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """Mean and standard error of the figures that every seed has."""
    names = [name for name in values[0] if all(name in each for each in values)]
    return {name: interval([each[name] for each in values]) for name in names}


def interval(values: Sequence[float]) -> Interval:
    """Mean and standard error."""
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return Interval(statistics.fmean(values), error)


class Repetition:
    """The figures of one seed.

    Args:
        subject: what is measured.
        count: images a side.
        seed: fixes the real images and the samples.
    """

    def __init__(self, subject: Subject, count: int, seed: int) -> None:
        self.subject = subject
        self.count = count
        self.seed = seed
        order = np.random.default_rng(seed).permutation(len(subject.held_out))
        self.real_rows, self.other_rows = order[:count], order[count : 2 * count]

    @cached_property
    def real(self) -> Tensor:
        """Features of the held-out images."""
        return self.subject.features(self.subject.held_out.tensor(np.sort(self.real_rows)))

    @cached_property
    def others(self) -> Tensor:
        """Real images for floor and ceiling, (count, C, H, W)."""
        train = self.subject.train
        if train is None:
            return self.subject.held_out.tensor(np.sort(self.other_rows))
        return train.tensor(np.sort(np.random.default_rng(self.seed).permutation(len(train))[: self.count]))

    @cached_property
    def real_latents(self) -> Tensor:
        """Posterior draws of held-out images."""
        drawn = self.subject.encodings.draw(epoch_generator(self.seed, 1))
        return drawn[np.sort(self.real_rows)][:LATENTS]

    @cached_property
    def real_distances(self) -> Tensor:
        """Distances of held-out images to their nearest training images."""
        assert self.subject.training_features is not None
        return nearest_distance(self.real[:NEIGHBOURS_OF], self.subject.training_features)

    def references(self) -> dict[str, Numbers]:
        """Floor and ceiling."""
        model = self.subject.model
        generator = epoch_generator(self.seed, 0, model.device)
        rebuilt = torch.cat(
            [model.decode(model.encode(batch.to(model.device)).sample(generator)).mean.cpu()
             for batch in self.others.split(BATCH)]
        )  # fmt: skip
        return {name: self.of_images(images) for name, images in ((FLOOR, self.others), (CEILING, rebuilt))}

    def of_images(self, images: Tensor) -> Numbers:
        """What is told from images alone."""
        quality = measure_quality(self.real, self.subject.features(images))
        return dict(quality._asdict()) | {"sharpness": sharpness(images).mean().item()}

    def measure(self, walk: Walk, cancelled: Callable[[], bool] | None) -> dict[str, Numbers]:
        """Step of a walk -> figures."""
        first = {0} if walk.start == "prior" else set()
        drawn = self.subject.drawn.get(walk.start)
        parts: dict[int, list[Sample]] = {step: [] for step in walk.steps}
        for run in self.subject.batches(
            self.subject.model,
            walk.kernel or "decode-encode",
            count=self.count,
            steps=max(walk.steps),
            seed=self.seed,
            record=sorted(first | set(walk.steps)),
            start=walk.start if drawn is None else drawn[self.seed],
            options=walk.options,
            stop_at=walk.stop_at,
            cancelled=cancelled,
        ):
            for step in walk.steps:
                parts[step].append(sample_of(run, step, self.subject.features, bool(first)))
        return {str(step): self.figures(Sample.join(samples)) for step, samples in parts.items()}

    def figures(self, sample: Sample) -> Numbers:
        """Everything that is told of the samples of one way at one step."""
        quality = measure_quality(self.real, sample.features)
        test = energy_test(self.real_latents, sample.latents[:LATENTS], seed=self.seed)
        numbers = dict(quality._asdict()) | sample.averages | self.round_trip(sample.latents[:ROUND_TRIPS])
        numbers |= {"energy_distance": test.distance, "energy_p": test.p_value}
        training = self.subject.training_features
        if training is not None:
            distances = nearest_distance(sample.features[:NEIGHBOURS_OF], training)
            numbers["memorised_share"] = memorised_share(distances, self.real_distances)
            numbers["nearest_training"] = float(distances.mean() / self.real_distances.mean().clamp(min=1e-12))
        return numbers

    @torch.no_grad()
    def round_trip(self, latents: Tensor) -> Numbers:
        """How far one more decode and encode moves samples: image in grey values, latent in Euclidean distance."""
        model, generator = self.subject.model, epoch_generator(self.seed, 2, self.subject.model.device)
        image = model.decode(latents.to(model.device)).mean
        again = model.encode(image).sample(generator)
        return {
            "round_trip_image": image_change(image, model.decode(again).mean).mean().item(),
            "round_trip_latent": (again.cpu() - latents).norm(dim=1).mean().item(),
        }


@dataclass(frozen=True)
class Sample:
    """Samples of one way at one step.

    Attributes:
        features: (N, F).
        latents: (N, D).
        averages: figures that are means over samples.
    """

    features: Tensor
    latents: Tensor
    averages: Numbers

    @classmethod
    def join(cls, parts: Sequence[Sample]) -> Sample:
        """The samples of all batches."""
        weights = [len(part.latents) for part in parts]
        averages = {
            name: float(np.average([part.averages[name] for part in parts], weights=weights))
            for name in parts[0].averages
        }
        return cls(torch.cat([part.features for part in parts]), torch.cat([part.latents for part in parts]), averages)


def sample_of(run: ChainRun, step: int, features: FeatureSpace, from_prior: bool) -> Sample:
    """A batch of chains at a step."""
    averages = {"average_steps": run.steps_taken(step), "sharpness": sharpness(run.images[step]).mean().item()}
    if run.info.accepted is not None and step:
        averages["acceptance"] = run.acceptance(step) or 0.0
    if from_prior and step:
        averages |= kept_of_start(run, step)
    return Sample(features(run.images[step]), run.latents[step], averages)


def kept_of_start(run: ChainRun, step: int) -> Numbers:
    """How much of the starting point survives: 1 for all of it, 0 for no more than two random samples share.

        1 - mean distance to the own start / mean distance to the start of another chain

    in mean absolute grey values for images, in Euclidean distance for latents.
    """
    images, start = run.images[step], run.images[0]
    latents, origin = run.latents[step], run.latents[0]
    own, other = image_change(images, start).mean(), image_change(images, start.roll(1, 0)).mean()
    near, far = (latents - origin).norm(dim=1).mean(), (latents - origin.roll(1, 0)).norm(dim=1).mean()
    return {"image_kept": float(1.0 - own / other), "latent_kept": float(1.0 - near / far)}
