"""The evaluation of a model: what every way to sample gains, costs and loses, beside two references.

Every figure is taken against real held-out images and repeated over seeds: other samples, other held-out images, other
training images. As many samples are drawn as there are held-out images to set beside them, or more on request: these
make means, covariances and the mix of classes more exact, while figures by nearest neighbours, which depend on both
numbers, go on taking equal ones. One reference is real training data itself; the other, the ceiling, is
what the decoder makes of the encodings of real training data: no sampler of the latent space can be expected to do
better. Where no training images are at hand, both are taken of held-out images that the comparison does not use.
"""

from __future__ import annotations

import datetime
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
from latentdemo.evaluation.card import refresh_card
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.features.files import SpaceConfig
from latentdemo.evaluation.features.registry import load_spaces, make_missing_spaces
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.findings.pairs import FILE as PAIRS
from latentdemo.evaluation.findings.pairs import closest_pairs_sheet
from latentdemo.evaluation.findings.recommend import recommend
from latentdemo.evaluation.long_run import diagnose_kernels
from latentdemo.evaluation.measuring import Progress, measure_all, overlap_of
from latentdemo.evaluation.metrics.cost import milliseconds_an_image
from latentdemo.evaluation.pieces import Assignment, Spread
from latentdemo.evaluation.protocol import plan
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import (
    CEILING,
    UNFINISHED,
    EvaluationError,
    PathReport,
    Report,
    Row,
    load_report,
    save_report,
)
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.files import write_atomically
from latentdemo.models import GenerativeAutoencoder, describe_device
from latentdemo.random import Purpose, randn, stream
from latentdemo.sampling import Batches, run_batches
from latentdemo.sampling.densities.fitting import fit_densities
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.densities.store import DensityConfig, fitted_names, read_density_config
from latentdemo.sampling.encodings import Encodings

USUAL_SEEDS = tuple(range(10))  # Half of the repetitions choose a way, the others say how good it is.
MOST_COUNT = 1000  # Images a side, in each repetition.
LEAST_COUNT = 200  # Rather than with fewer, repetitions compare with sets that overlap.
LATENT_SPACE = 5000  # The latent space is described by so many encodings.

PartProgress = Callable[[str, int, int], None]
"""Called with (what is done at the moment, in words; how much of it is done; in all)."""


def evaluate_model(
    name: str,
    train: ImageSet,
    held_out: ImageSet,
    *,
    count: int | None = None,
    samples: int | None = None,
    seeds: Sequence[int] = USUAL_SEEDS,
    spaces: Mapping[str, FeatureSpace] | None = None,
    kernels: Sequence[str] | None = None,
    steps: Sequence[int] | None = None,
    bf16: bool = False,
    save: bool = True,
    compute: Compute | None = None,
    spread: Spread | None = None,
    progress: PartProgress | None = None,
    made: Callable[[SpaceConfig | DensityConfig], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """All that an evaluation takes: the feature spaces and the densities, where they are missing, the figures, and the
    report with its table in the model card. What was stopped goes on where it was.

    Args:
        name: of the model.
        train, held_out: images of its data set.
        count: held-out images in each repetition; None takes `usual_count`.
        samples, seeds, spaces, kernels, steps, bf16, compute, spread, cancelled: see `measure_model`.
        save: whether to write the report beside the model; feature spaces and densities are always kept.
        progress: told how far each part is.
        made: told of a feature space or densities that had to be made.

    Raises:
        Cancelled: `cancelled` answered True; what was done is kept.
        LatentdemoError: as `make_missing_spaces`, `fit_densities` and `measure_model` do.
    """
    compute, folder = compute or Here(), model_folder(name)
    tell, told_of = progress or (lambda *_: None), made or (lambda _: None)
    if spaces is None:
        make_missing_spaces(folder.parent, train, held_out, compute.device, tell, told_of)
        spaces = load_spaces(folder.parent.name, compute.device, beside=folder.parent)
    missing = [each for each in DENSITIES if each not in fitted_names(folder)]
    if missing:
        model, tell_fit = load_trained(name, compute.device), partial(tell, "fitting")
        told_of(fit_densities(model, train, held_out, only=missing, progress=tell_fit, cancelled=cancelled))
    report = measure_model(
        name,
        count=count,
        samples=samples,
        seeds=seeds,
        train=train,
        spaces=spaces,
        kernels=kernels,
        steps=steps,
        bf16=bf16,
        resume_from=folder / UNFINISHED,
        compute=compute,
        spread=spread,
        progress=partial(tell, "evaluating"),
        cancelled=cancelled,
    )
    if save:
        report = replace(report, paths=earlier_paths(report, folder))
        save_report(report, folder)
        refresh_card(report, folder)
        save_pairs(report, folder, train, spaces, compute)
        (folder / UNFINISHED).unlink(missing_ok=True)
    return report


def earlier_paths(report: Report, folder: Path) -> PathReport | None:
    """What was measured of paths before, apart from this evaluation, of the same weights and densities."""
    try:
        found = load_report(folder).paths
    except EvaluationError:
        return None
    same = found and (found.model_sha256, found.density_sha256) == (report.model_sha256, report.density_sha256)
    return found if same else None


def save_pairs(
    report: Report,
    folder: Path,
    train: ImageSet,
    spaces: Mapping[str, FeatureSpace],
    compute: Compute,
) -> None:
    """Write the picture of the samples as recommended that are closest to training images, beside the report."""
    (folder / PAIRS).unlink(missing_ok=True)
    if report.recommended:
        sheet = closest_pairs_sheet(report.model, report.recommended, train, spaces, compute)
        write_atomically(folder / PAIRS, lambda file: sheet.save(file, "PNG"))


def usual_count(total: int, seeds: Sequence[int], least: int, samples: int | None = None) -> int:
    """Held-out images in each repetition, of so many in all: as many as leave the repetitions disjoint, unless those
    are very few, but enough for every figure, and no more than there are samples to set beside them."""
    most = MOST_COUNT if samples is None else samples
    return min(most, max(total // max(len(seeds), 1), min(LEAST_COUNT, total // 2), least))


def measure_model(
    name: str,
    *,
    count: int | None = None,
    samples: int | None = None,
    seeds: Sequence[int] = USUAL_SEEDS,
    train: ImageSet | None = None,
    spaces: Mapping[str, FeatureSpace] | None = None,
    kernels: Sequence[str] | None = None,
    steps: Sequence[int] | None = None,
    device: torch.device | str | None = None,
    bf16: bool = False,
    resume_from: Path | None = None,
    compute: Compute | None = None,
    spread: Spread | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Measure a model in every way to sample; writes nothing but what is done so far.

    Args:
        name: of the model, whose densities were fitted.
        count: held-out images in each repetition; None takes as many as leave the repetitions disjoint, if not too few.
        samples: drawn of each way, in each repetition; None takes `count`, the least. The memory that is needed does
            not grow with them.
        seeds: one repetition each.
        train: the images that it was trained on; see above for what happens without.
        spaces: feature spaces by name; None takes those of the data set. Figures of different spaces cannot be
            compared, least of all with Inception's.
        kernels, steps: see `plan`.
        device: where to run, if `compute` does not say it.
        bf16: walk and decode in bf16, as models serve where the processor has it; features and everything in the
            latent space stay in float32, costs are always of the model as it serves.
        resume_from: a file of what is done so far, written as it goes; a run with the same settings goes on from it.
        compute: where models come from and who computes, such as `latentdemo.engine.OnEngine`; None loads the models
            for itself and computes on this thread, on `device`.
        spread: has the figures taken by other processes; None takes them here.
        progress: told how far it is.
        cancelled: asked between two batches.

    Raises:
        EvaluationError: too few images or samples, no seed, or no feature space.
        Cancelled: `cancelled` answered True; what was done is in `resume_from`.
        LatentdemoError: the model, its densities, held-out images or features cannot be read.
    """
    compute = compute or Here(device)
    with compute.model(name, "trained") as trained, compute.model(name, "bf16" if bf16 else "trained") as walked:
        folder = model_folder(name)
        spaces = spaces or load_spaces(folder.parent.name, compute.device, beside=folder.parent)
        subject = Subject(walked, trained, spaces, read_held_out(folder.parent), train, compute)
        count = count or usual_count(subject.most, seeds, subject.least, samples)
        samples = samples or count
        if not spaces:
            raise EvaluationError(
                f"{folder.parent.name} has no feature space; make them with: "
                f"python -m latentdemo features {folder.parent.name}"
            )
        if not seeds or not subject.least <= count <= subject.most:
            raise EvaluationError(
                f"{len(seeds)} repetitions of {count} images; take at least one of {subject.least} to {subject.most} "
                "images"
            )
        if samples < count:
            raise EvaluationError(f"{samples} samples against {count} held-out images; take at least as many")
        arms = plan(trained, kernels, steps)
        density, precision = read_density_config(folder), precision_of(walked)
        digests = [space.digest for space in spaces.values()]
        settings = [
            trained.weights_digest, density.sha256, digests, count, samples, len(seeds), train is not None, precision
        ]  # fmt: skip
        unfinished = Unfinished(resume_from, settings)
        assignment = Assignment(name, bf16, spaces, train, count, tuple(seeds), samples)
        measure = partial(spread, assignment) if spread else None
        figures, references = measure_all(
            subject, arms, count, seeds, unfinished, progress, cancelled, measure, samples
        )
        with compute.model(name, "served") as served:
            rows = with_times(figures, served, compute.batches)
        return Report(
            model=name,
            model_sha256=trained.weights_digest,
            density_sha256=density.sha256,
            spaces={space: each.facts() for space, each in spaces.items()},
            count=count,
            samples=samples,
            seeds=list(seeds),
            overlap=overlap_of(subject, count, seeds),
            device=describe_device(compute.device),
            created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            versions=current_versions(),
            references=references,
            rows=rows,
            recommendation=recommend(rows, ceiling=references.get(CEILING)),
            latent_space=describe_latent_space(subject.encodings),
            diagnostics=diagnose_kernels(trained, subject.encodings, compute.batches, cancelled),
            training_images=train is not None,
            precision=precision,
            attributes=subject.labels.label_names if subject.labels else {},
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
    advice = recommend(rows, ceiling=report.ceiling)
    return replace(report, rows=rows, recommendation=advice, device=describe_device(compute.device))


def describe_latent_space(encodings: Encodings) -> dict[str, Any]:
    """What is told of the latent space before any chain; see `analyse_latent_space`."""
    from latentdemo.evaluation.metrics.latent_space import analyse_latent_space

    latents = encodings.draw(stream(0, Purpose.ENCODINGS))[:LATENT_SPACE]
    prior = randn(latents.shape, stream(0, Purpose.PRIOR_SAMPLE))
    return asdict(analyse_latent_space(latents, encodings.kl_to_prior(), prior, 0))
