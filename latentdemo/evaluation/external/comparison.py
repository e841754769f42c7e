"""Samplers of pythae in the evaluation of a model: by the same weights, images, features and seeds as ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from latentdemo.checkpoints import load_model, load_trained
from latentdemo.checkpoints.config import read_config
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation.external.pythae_samplers import EPOCHS, Draws, fit_and_draw, settings
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.findings.recommend import recommend
from latentdemo.evaluation.measuring import Progress, measure_all
from latentdemo.evaluation.protocol import direct_draw
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import DISTANCE, SCHEMA, EvaluationError, Report, Row
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.files import write_atomically
from latentdemo.sampling.encodings import encode_set
from latentdemo.sampling.starts import PRIOR

PARTS = "figures.json"
AGREEMENT = 0.01  # The prior sample's Fréchet distance may differ by this share from the report's.


def compare_with_pythae(
    report: Report,
    train: ImageSet,
    *,
    only: Sequence[str] | None = None,
    spaces: Mapping[str, FeatureSpace] | None = None,
    device: torch.device | str | None = None,
    resume_from: Path,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """An evaluation with samplers of pythae among its rows; nothing else changes.

    Args:
        report: the evaluation of a model at hand.
        train: the images that the model was trained on, whose encodings the samplers are fitted to.
        only: names of the samplers; None takes all. Rows of others stay, unless they were trained in another way.
        spaces: the feature spaces of the report; None takes those of the data set.
        device: where to run.
        resume_from: a folder of what is done so far, written as it goes; a run with the same settings goes on from it.
        progress: told how far it is.
        cancelled: asked between two samplers, and between two batches.

    Raises:
        EvaluationError: a sampler that is not known, the report is of other weights or features, or its prior sample
            cannot be measured again.
        Cancelled: `cancelled` answered True; what was done is in `resume_from`.
        LatentdemoError: pythae is not installed, or something of the model cannot be read.
    """
    names = list(EPOCHS) if only is None else list(only)
    check_samplers(names)
    model = load_trained(report.model, device)
    assert model.folder is not None
    spaces = spaces or load_spaces(model.folder.parent.name, device, beside=model.folder.parent)
    digests = {name: space.digest for name, space in spaces.items()}
    remedy = f"evaluate it anew with: python -m latentdemo evaluate {report.model}"
    measured_in = {name: facts["sha256"] for name, facts in report.spaces.items()}
    if (report.model_sha256, measured_in) != (read_config(model.folder).sha256, digests) or report.schema != SCHEMA:
        raise EvaluationError(f"the evaluation of {report.model} is of other weights or features; {remedy}")
    resume_from.mkdir(parents=True, exist_ok=True)
    size = [report.count, report.drawn, len(report.seeds)]
    key = [report.model_sha256, digests, *size, report.precision, report.training_images, settings()]
    unfinished = Unfinished(resume_from / PARTS, key)
    encodings = encode_set(model, train)
    draws = {}
    for name in names:
        if cancelled and cancelled():
            raise Cancelled("cancelled; what was done so far is kept")
        draws[name] = kept_or_made(
            resume_from / f"{name}.safetensors",
            key,
            partial(fit_and_draw, name, model, encodings, report.drawn, report.seeds),
        )
    subject = Subject(
        load_model(report.model, device, precision="bf16") if report.precision == "bf16" else model,
        model,
        spaces,
        read_held_out(model.folder.parent),
        train if report.training_images else None,
        drawn={name: each.latents for name, each in draws.items()},
    )
    arms = [direct_draw(PRIOR), *map(direct_draw, names)]
    [prior, *rows], _references = measure_all(
        subject, arms, report.count, report.seeds, unfinished, progress, cancelled, samples=report.drawn
    )
    check_agreement(prior, report.prior, remedy)
    comparable = report.samplers == settings()
    others = [row for row in report.rows if not row.is_external or (comparable and row.start not in names)]
    timed = [replace(row, milliseconds=draws[row.start].milliseconds) for row in rows]
    advice = recommend([*others, *timed], ceiling=report.ceiling)
    return replace(report, rows=[*others, *timed], recommendation=advice, samplers=settings())


def check_samplers(names: Sequence[str]) -> None:
    """Raise EvaluationError where a sampler is named that there is not."""
    if unknown := sorted(set(names) - set(EPOCHS)):
        raise EvaluationError(f"unknown samplers {', '.join(unknown)}; known are {', '.join(EPOCHS)}")


def kept_or_made(path: Path, key: Sequence[Any], make: Callable[[], Draws]) -> Draws:
    """The draws of a sampler: from a file of the same key, or made now and put there."""
    facts = {"key": json.dumps(key)}
    try:
        with safe_open(path, "pt") as file:
            if (found := file.metadata()).get("key") == facts["key"]:
                return Draws({int(seed): file.get_tensor(seed) for seed in file.keys()}, float(found["milliseconds"]))  # noqa: SIM118
    except (OSError, SafetensorError):
        pass  # There is none yet, or one that was cut off.
    draws = make()
    facts["milliseconds"] = repr(draws.milliseconds)
    write_atomically(path, save({str(seed): latents.contiguous() for seed, latents in draws.latents.items()}, facts))
    return draws


def check_agreement(again: Row, before: Row, remedy: str) -> None:
    """Raise EvaluationError where the prior sample, measured again, is not the one of the report."""
    new, old = (row.figures[DISTANCE].mean for row in (again, before))
    if abs(new - old) > AGREEMENT * abs(old):
        raise EvaluationError(
            f"the prior sample has a Fréchet distance of {new:.2f} here and {old:.2f} in the evaluation, so that rows "
            f"measured here cannot stand beside its own; {remedy}"
        )
