"""The evaluation of a model: what every way to sample gains, costs and loses, beside two references.

Every figure is taken with equal numbers of images against real held-out images, and repeated over seeds: other samples,
other held-out images, other training images. One reference is real training data itself; the other, the ceiling, is
what the decoder makes of the encodings of real training data: no sampler of the latent space can be expected to do
better. Where no training images are at hand, both are taken of held-out images that the comparison does not use.
"""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from latentdemo.checkpoints import load_trained, model_folder
from latentdemo.checkpoints.config import current_versions
from latentdemo.checkpoints.serving import precision_of
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation.card import refresh_card
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.features.classifier import CONFIG as FEATURES
from latentdemo.evaluation.features.classifier import FeatureConfig, features_folder, load_features, save_features
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.features.training import train_classifier
from latentdemo.evaluation.long_run import diagnose_kernels
from latentdemo.evaluation.metrics.cost import milliseconds_an_image
from latentdemo.evaluation.protocol import Arm, plan
from latentdemo.evaluation.recommend import recommend
from latentdemo.evaluation.repetition import Numbers, Repetition, Subject
from latentdemo.evaluation.report import (
    CEILING,
    GAP,
    REAL_DATA,
    UNFINISHED,
    EvaluationError,
    Interval,
    Report,
    Row,
    save_report,
)
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.models import GenerativeAutoencoder, describe_device
from latentdemo.random import Purpose, stream
from latentdemo.sampling import Batches, run_batches
from latentdemo.sampling.densities.fitting import fit_densities
from latentdemo.sampling.densities.store import DensityConfig, are_fitted, read_density_config
from latentdemo.sampling.encodings import Encodings

USUAL_COUNT = 2000  # Images a side, in each repetition.
LATENT_SPACE = 5000  # The latent space is described by so many encodings.

Progress = Callable[[int, int], None]
"""Called with (arms done, in all)."""
PartProgress = Callable[[str, int, int], None]
"""Called with (what is done at the moment, in words; how much of it is done; in all)."""


def evaluate_model(
    name: str,
    train: ImageSet,
    held_out: ImageSet,
    *,
    count: int | None = None,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    features: FeatureSpace | None = None,
    kernels: Sequence[str] | None = None,
    steps: Sequence[int] | None = None,
    bf16: bool = False,
    save: bool = True,
    compute: Compute | None = None,
    progress: PartProgress | None = None,
    made: Callable[[FeatureConfig | DensityConfig], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """All that an evaluation takes: the feature space and the densities, where they are missing, the figures, and the
    report with its table in the model card. What was stopped goes on where it was.

    Args:
        name: of the model.
        train, held_out: images of its data set.
        count: images a side, in each repetition; None takes 2,000, or as many as there are.
        seeds, features, kernels, steps, bf16, compute, cancelled: see `measure_model`.
        save: whether to write the report beside the model; the feature space and the densities are always kept.
        progress: told how far each part is.
        made: told of a feature space or densities that had to be made.

    Raises:
        Cancelled: `cancelled` answered True; what was done is kept.
        LatentdemoError: as `train_classifier`, `fit_densities` and `measure_model` do.
    """
    compute, folder = compute or Here(), model_folder(name)
    tell, told_of = progress or (lambda *_: None), made or (lambda _: None)
    if features is None and not (features_folder(folder.parent.name, folder.parent) / FEATURES).exists():
        classifier = train_classifier(
            folder.parent.name,
            train,
            held_out,
            device=compute.device,
            on_batch=lambda done, total, loss: tell(f"training the feature space, loss {loss:.2f}", done, total),
        )
        told_of(save_features(classifier, folder.parent))
    if not are_fitted(folder):
        model = load_trained(name, compute.device)
        told_of(fit_densities(model, train, held_out, progress=partial(tell, "fitting"), cancelled=cancelled))
    report = measure_model(
        name,
        count=min(USUAL_COUNT, len(train), len(held_out)) if count is None else count,
        seeds=seeds,
        train=train,
        features=features,
        kernels=kernels,
        steps=steps,
        bf16=bf16,
        resume_from=folder / UNFINISHED,
        compute=compute,
        progress=partial(tell, "evaluating"),
        cancelled=cancelled,
    )
    if save:
        save_report(report, folder)
        refresh_card(report, folder)
        (folder / UNFINISHED).unlink(missing_ok=True)
    return report


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
    resume_from: Path | None = None,
    compute: Compute | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Measure a model in every way to sample; writes nothing but what is done so far.

    Args:
        name: of the model, whose densities were fitted.
        count: images a side, in each repetition.
        seeds: one repetition each.
        train: the images that it was trained on; see above for what happens without.
        features: the feature space; None takes the one that is shipped for the data set. Figures of different spaces
            cannot be compared, least of all with Inception's.
        kernels, steps: see `plan`.
        device: where to run, if `compute` does not say it.
        bf16: walk and decode in bf16, as models serve where the processor has it; features and everything in the
            latent space stay in float32, costs are always of the model as it serves.
        resume_from: a file of what is done so far, written as it goes; a run with the same settings goes on from it.
        compute: where models come from and who computes, such as `latentdemo.engine.OnEngine`; None loads the models
            for itself and computes on this thread, on `device`.
        progress: told how far it is.
        cancelled: asked between two batches.

    Raises:
        EvaluationError: too few images, or no seed.
        Cancelled: `cancelled` answered True; what was done is in `resume_from`.
        LatentdemoError: the model, its densities, held-out images or features cannot be read.
    """
    compute = compute or Here(device)
    with compute.model(name, "trained") as trained, compute.model(name, "bf16" if bf16 else "trained") as walked:
        folder = model_folder(name)
        features = features or load_features(folder.parent.name, compute.device, beside=folder.parent)
        subject = Subject(walked, trained, features, read_held_out(folder.parent), train, compute)
        if not seeds or not subject.least <= count <= subject.most:
            raise EvaluationError(
                f"{len(seeds)} repetitions of {count} images; take at least one of {subject.least} to {subject.most} "
                "images"
            )
        arms = plan(trained, kernels, steps)
        density, precision = read_density_config(folder), precision_of(walked)
        settings = [
            trained.weights_digest, density.sha256, features.digest, count, train is not None, precision
        ]  # fmt: skip
        unfinished = Unfinished(resume_from, settings)
        figures, references = measure_all(subject, arms, count, seeds, unfinished, progress, cancelled)
        with compute.model(name, "served") as served:
            rows = with_times(figures, served, compute.batches)
        return Report(
            model=name,
            model_sha256=trained.weights_digest,
            density_sha256=density.sha256,
            features=features.facts(),
            count=count,
            seeds=list(seeds),
            device=describe_device(compute.device),
            created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            versions=current_versions(),
            references=references,
            rows=rows,
            recommendation=recommend(rows),
            latent_space=describe_latent_space(subject.encodings),
            diagnostics=diagnose_kernels(trained, subject.encodings, compute.batches, cancelled),
            training_images=train is not None,
            precision=precision,
        )


def with_times(rows: Sequence[Row], model: GenerativeAutoencoder, batches: Batches = run_batches) -> list[Row]:
    """Rows with what they cost on the model's device; those that others drew keep the time that they have."""
    return [
        row if row.is_external else replace(row, milliseconds=milliseconds_an_image(model, row, batches))
        for row in rows
    ]


def retime(report: Report, device: torch.device | str | None = None, compute: Compute | None = None) -> Report:
    """A report with its times taken anew, here, and the recommendation that follows from them; nothing else changes.

    Args:
        report: an evaluation of a model at hand.
        device: where to run.
        compute: see `measure_model`.

    Raises:
        LatentdemoError: the model or its densities cannot be read.
    """
    compute = compute or Here(device)
    with compute.model(report.model, "served") as model:
        rows = with_times(report.rows, model, compute.batches)
    return replace(report, rows=rows, recommendation=recommend(rows), device=describe_device(compute.device))


def describe_latent_space(encodings: Encodings) -> dict[str, Any]:
    """What is told of the latent space before any chain; see `analyse_latent_space`."""
    from latentdemo.evaluation.metrics.latent_space import analyse_latent_space

    latents = encodings.draw(stream(0, Purpose.ENCODINGS))[:LATENT_SPACE]
    prior = torch.randn(latents.shape, generator=stream(0, Purpose.PRIOR_SAMPLE))
    return asdict(analyse_latent_space(latents, encodings.kl_to_prior(), prior, 0))


def measure_all(
    subject: Subject,
    arms: Sequence[Arm],
    count: int,
    seeds: Sequence[int],
    unfinished: Unfinished,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[list[Row], dict[str, dict[str, Interval]]]:
    """All rows, their costs still missing, and the references, over all seeds."""
    of_seed: list[dict[str, dict[str, Numbers]]] = []
    total = len(seeds) * (1 + len(arms))
    for turn, seed in enumerate(seeds):
        repetition = Repetition(subject, count, seed)
        measured: dict[str, dict[str, Numbers]] = {}
        work: list[tuple[str, Callable[[], dict[str, Numbers]]]] = [("references", repetition.references)]
        work += [(arm.key, partial(repetition.measure, arm, cancelled)) for arm in arms]
        for index, (key, take) in enumerate(work):
            if cancelled and cancelled():
                raise Cancelled("cancelled; what was measured so far is kept")
            measured[key] = unfinished.get_or_make(f"{seed} {key}", take)
            if progress:
                progress(turn * len(work) + index + 1, total)
        of_seed.append(with_gap_closed(measured, arms))
    references = {name: over_seeds([each["references"][name] for each in of_seed]) for name in (REAL_DATA, CEILING)}
    rows = [
        row_of(arm, step, over_seeds([each[arm.key][str(step)] for each in of_seed]))
        for arm in arms
        for step in arm.steps
    ]
    return rows, references


def row_of(arm: Arm, step: int, figures: dict[str, Interval]) -> Row:
    """What was measured of an arm at a step."""
    average = figures.pop("average_steps")
    return Row(arm.spec.replaced(steps=step), figures, average.mean)


def with_gap_closed(measured: dict[str, dict[str, Numbers]], arms: Sequence[Arm]) -> dict[str, dict[str, Numbers]]:
    """The figures of a seed with the quality gap closed: per cent of the way from the prior sample's Fréchet distance
    to the ceiling's; left out where the prior sample is no worse than the ceiling."""
    prior = next(measured[arm.key]["0"] for arm in arms if arm.has_prior_sample)
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
