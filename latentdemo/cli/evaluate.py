"""Commands that measure what sampling gains: the evaluation of a model, pythae's samplers beside it, its times."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentdemo.cli.data import images_of
from latentdemo.cli.fit import show_features
from latentdemo.cli.options import (
    DataDir,
    Device,
    EvaluatedModel,
    GpusPerWorker,
    MostWorkers,
    On,
    ReportAsJson,
    refuse_without,
)
from latentdemo.cli.terminal import console, progress_bar, progress_by_part, progress_of, show_table

if TYPE_CHECKING:
    from latentdemo.evaluation import Report
    from latentdemo.evaluation.features.files import SpaceConfig
    from latentdemo.evaluation.pieces import Spread
    from latentdemo.sampling.densities.store import DensityConfig


def evaluate(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(help="Model, such as fashion-mnist/dvae.")] = None,
    kernels: Annotated[
        str | None,
        typer.Option(
            help="Kernels to evaluate, of those that the command choices lists; all if not given.", metavar="NAME..."
        ),
    ] = None,
    steps: Annotated[
        str | None, typer.Option(help="Steps of every kernel; each kernel's usual if not given.", metavar="STEP...")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            help="Images of each way to sample, over all repetitions; as many as held-out ones, 10,000 at most, if not "
            "given. Any number fits in memory.",
            min=1,
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(help="Repetitions, each with another seed.", min=1)] = 10,
    features: Annotated[
        str | None, typer.Option(help="A torchvision network as the only feature space, such as resnet18.")
    ] = None,
    judged_by: Annotated[
        Path | None,
        typer.Option(help="Folder of the command judges: take the figures by these, print them, and write nothing."),
    ] = None,
    precision: Annotated[str, typer.Option(help="Of the networks: float32, or bf16 to halve the time.")] = "float32",
    every_model: Annotated[bool, typer.Option("--all", help="Every model at hand.")] = False,
    on: On = None,
    workers: MostWorkers = None,
    gpus_per_worker: GpusPerWorker = None,
    device: Device = None,
    data_dir: DataDir = None,
    as_json: ReportAsJson = False,
) -> None:
    """Measure what every way to sample gains, costs and loses, and write it beside the checkpoint.

    Makes the feature space and the densities first, where they are missing. A run that was stopped goes on where it
    was. With --on the ways to sample and the repetitions are spread over a cluster; times are taken on this machine.
    """
    from latentdemo.checkpoints import list_models

    refuse_without(context, "on", ("workers", "gpus_per_worker"))
    if every_model == bool(model):
        raise typer.BadParameter("name a model, or take every one with --all")
    if precision not in ("float32", "bf16"):
        raise typer.BadParameter(f"precision is {precision!r}; take float32 or bf16")
    for name in list_models() if model is None else [model]:
        evaluate_one(
            name,
            kernels=kernels,
            steps=steps,
            samples=samples,
            repeats=repeats,
            features=features,
            judged_by=judged_by,
            precision=precision,
            spread=spread_over(on, workers, gpus_per_worker, device),
            device=device,
            data_dir=data_dir,
            as_json=as_json,
        )


def spread_over(on: str | None, workers: int | None, gpus: float | None, device: str | None) -> Spread | None:
    """What spreads an evaluation over a cluster; None where none is asked for."""
    if on is None:
        return None
    from latentdemo.cluster.evaluation import OnCluster
    from latentdemo.cluster.pool import Workers

    return OnCluster(on, Workers(workers, gpus=gpus), device)


def evaluate_one(
    model: str,
    *,
    kernels: str | None,
    steps: str | None,
    samples: int | None,
    repeats: int,
    features: str | None,
    judged_by: Path | None,
    precision: str,
    spread: Spread | None,
    device: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Evaluate a model, and show the report."""
    from latentdemo.checkpoints import model_folder
    from latentdemo.engine import OnEngine, engine_for
    from latentdemo.evaluation import EvaluationError, evaluate_model, load_judges, torchvision_features
    from latentdemo.export.files import parse_steps
    from latentdemo.sampling.kernels import kernel_spec

    folder = model_folder(model)
    judges = load_judges(judged_by, folder.parent.name, device) if judged_by else None
    if judges == {}:
        raise EvaluationError(
            f"{judged_by} holds no judge; train them with: latentdemo judges {folder.parent.name} {judged_by}"
        )
    # What cannot be done is told before data are read.
    compute, shown = OnEngine(engine_for(device)), parse_steps(steps) if steps else None
    walked = [kernel_spec(name).name for name in kernels.split()] if kernels else None
    spaces = {features: torchvision_features(features, device)} if features else judges
    with progress_bar() as bar:
        images, held_out = images_of(folder.parent, data_dir, bar)
        report = evaluate_model(
            model,
            images,
            held_out,
            samples=None if samples is None else samples // repeats,
            seeds=range(repeats),
            spaces=spaces,
            kernels=walked,
            steps=shown,
            bf16=precision == "bf16",
            save=not as_json and judges is None,
            compute=compute,
            spread=spread,
            progress=progress_by_part(bar),
            made=lambda config: show_made(folder, config),
        )
    show_json(report) if as_json else show(report)


def show_made(folder: Path, config: SpaceConfig | DensityConfig) -> None:
    """Say how good a feature space or the densities of a model's folder are that had to be made first."""
    from latentdemo.cli.tables import densities_table
    from latentdemo.sampling.densities.store import DensityConfig

    if isinstance(config, DensityConfig):
        show_table(densities_table(folder, config), console)
    else:
        show_features(folder.parent, config)


def compare(
    model: EvaluatedModel,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="This sampler alone, such as pythae-maf; others that were measured stay. May be given several times."
        ),
    ] = None,
    device: Device = None,
    data_dir: DataDir = None,
    as_json: ReportAsJson = False,
) -> None:
    """Fit the samplers of pythae to the same weights, and add what they give to the evaluation beside the checkpoint.

    A run that was stopped goes on where it was.
    """
    from latentdemo.checkpoints import model_folder
    from latentdemo.evaluation import compare_with_pythae, load_report
    from latentdemo.evaluation.external.comparison import check_samplers
    from latentdemo.evaluation.report import COMPARISON
    from latentdemo.models import pick_device

    check_samplers(only or ())
    folder, place = model_folder(model), pick_device(device)
    before = load_report(folder)
    with progress_bar() as bar:
        images, _held_out = images_of(folder.parent, data_dir, bar)
        report = compare_with_pythae(
            before,
            images,
            only=only,
            device=place,
            resume_from=folder / COMPARISON,
            progress=progress_of(bar, "comparing"),
        )
    if as_json:
        show_json(report)
        return
    keep(report)
    shutil.rmtree(folder / COMPARISON)
    show(report)


def retime(
    models: Annotated[list[str], typer.Argument(help="Models that were evaluated, such as fashion-mnist/dvae.")],
    device: Device = None,
) -> None:
    """Take the times of evaluations anew, on this device, and advise accordingly; the figures stay as they are."""
    from latentdemo.checkpoints import model_folder
    from latentdemo.engine import OnEngine, engine_for
    from latentdemo.evaluation import load_report
    from latentdemo.evaluation import retime as time_anew

    with progress_bar() as bar:
        task = bar.add_task("timing", total=len(models), note="")
        for model in models:
            keep(time_anew(load_report(model_folder(model)), compute=OnEngine(engine_for(device))))
            bar.advance(task)


def keep(report: Report) -> None:
    """Write a report beside the checkpoint, and its table into the model card."""
    from latentdemo.checkpoints import model_folder
    from latentdemo.evaluation import refresh_card, save_report

    folder = model_folder(report.model)
    save_report(report, folder)
    refresh_card(report, folder)


def show(report: Report) -> None:
    """Print a report as a table."""
    from latentdemo.cli.tables import report_table

    show_table(report_table(report))


def show_json(report: Report) -> None:
    """Print a report as JSON."""

    typer.echo(json.dumps(report.values(), indent=2))
