"""Commands about the models at hand: which there are, whether one is fit to be sampled, and the names that other
commands take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from latentdemo.cli.options import AsJson, Device
from latentdemo.cli.terminal import progress_bar, progress_of, show_table, warn

if TYPE_CHECKING:
    from latentdemo.evaluation.health.vitals import Vitals

COLOURS = {"green": "green", "amber": "yellow", "red": "red", "unknown": "dim"}


def models(
    steps_needed: Annotated[
        bool,
        typer.Option("--steps-needed", help="Instead, list how many plain steps each needs, and what predicts that."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the models at hand, with what their evaluations advise."""
    from dataclasses import asdict

    from latentdemo.checkpoints import list_models, model_folder, read_config
    from latentdemo.cli.tables import models_table
    from latentdemo.errors import CheckpointError

    if steps_needed:
        return list_steps_needed(as_json)
    configs = {}
    for name in list_models():
        try:
            configs[name] = read_config(model_folder(name))
        except CheckpointError as error:  # the others can be used all the same
            warn(f"{name} is left out: {error}")
    if as_json:
        listed = {name: asdict(config) | {"advice": advice_of(model_folder(name))} for name, config in configs.items()}
        typer.echo(json.dumps(listed, indent=2))
    else:
        show_table(models_table(configs))
    return None


def list_steps_needed(as_json: bool) -> None:
    """List how many plain steps each model with an evaluation needs, and what of it predicts that."""
    from dataclasses import asdict

    from latentdemo.checkpoints import list_models, model_folder
    from latentdemo.cli.tables import predicted, steps_needed_table
    from latentdemo.evaluation import EvaluationError, load_report
    from latentdemo.evaluation.findings.steps_needed import correlations, steps_needed

    needed = {}
    for name in list_models():
        try:
            found = steps_needed(load_report(model_folder(name)))
        except EvaluationError:
            continue
        if found:
            needed[name] = found
    related = correlations(needed)
    if as_json:
        models = {name: asdict(found) for name, found in needed.items()}
        typer.echo(
            json.dumps({"models": models, "correlations": {n: c._asdict() for n, c in related.items()}}, indent=2)
        )
    else:
        show_table(steps_needed_table(needed))
        Console().print("\n".join(predicted(related, len(needed))), soft_wrap=True)


def advice_of(folder: Path) -> dict[str, Any] | None:
    """What the evaluation of a model advises, as JSON values; None where there is none that can be read."""
    from latentdemo.evaluation import EvaluationError, load_report

    try:
        report = load_report(folder)
    except EvaluationError:
        return None
    row, told = report.recommended, report.told
    if row is None or told is None or told.gap is None:
        return {"recommended": None, "reason": report.recommendation.reason}
    way = {"start": row.start, "kernel": row.kernel, "steps": row.steps, "options": row.options, "stop_at": row.stop_at}
    gap = {"space": told.gap.space, "mean": told.gap.figure.mean, "half_width": told.gap.figure.half_width}
    return {
        "recommended": way,
        "gap_closed": gap,
        "milliseconds": row.milliseconds,
        "harms": report.recommendation.harms,
    }


def check_model(
    model: Annotated[str, typer.Argument(help="Model, such as fashion-mnist/vae.")],
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure it now, even where its evaluation says all this.")
    ] = False,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Look whether a model is fit to be sampled: a light for each thing that can be wrong, and what to do next.

    Read from the model's evaluation; where there is none, measured of its held-out pictures. Exit code 1 where a light
    is red.
    """
    from rich.table import Table

    from latentdemo.evaluation.health.findings import findings, worst

    vitals = vitals_of_evaluation(model) if not fresh else None
    found = findings(vitals or measured(model, device))
    if as_json:
        rows = [
            {"check": each.what, "light": each.light, "value": each.value(), "advice": each.advice()} for each in found
        ]
        typer.echo(json.dumps({"model": model, "light": worst(found), "findings": rows}, indent=2, ensure_ascii=False))
    else:
        table = Table("light", "check", "found", "what to do", title=f"{model}: {worst(found)}", title_justify="left")
        for each in found:
            table.add_row(f"[{COLOURS[each.light]}]{each.light}[/]", each.title(), each.value(), each.advice())
        show_table(table)
    if worst(found) == "red":
        raise typer.Exit(1)


def vitals_of_evaluation(model: str) -> Vitals | None:
    """The vital figures in the evaluation of these weights; None where there is no such evaluation."""
    from latentdemo.checkpoints import model_folder, read_config
    from latentdemo.evaluation import EvaluationError, load_report
    from latentdemo.evaluation.health.vitals import vitals_of_report

    folder = model_folder(model)
    try:
        report = load_report(folder)
    except EvaluationError:
        return None
    return vitals_of_report(report) if report.model_sha256 == read_config(folder).sha256 else None


def measured(model: str, device: str | None) -> Vitals:
    """The vital figures, measured now."""
    from latentdemo.checkpoints import load_model, model_folder
    from latentdemo.data import read_held_out
    from latentdemo.evaluation.health.vitals import vitals_of_pictures

    with progress_bar() as bar:
        held_out = read_held_out(model_folder(model).parent)
        return vitals_of_pictures(load_model(model, device), held_out, progress=progress_of(bar, "looking at pictures"))


def choices(as_json: AsJson = False) -> None:
    """List the names that other commands take: kernels with their options, families, data sets and measurements."""
    from latentdemo.benchmark.sections import SECTIONS
    from latentdemo.cli.tables import choices_table
    from latentdemo.data import DATASETS
    from latentdemo.models.families.registry import FAMILIES
    from latentdemo.sampling.kernels import KERNELS

    kernels = {name: {option.name: option.values for option in spec.options} for name, spec in KERNELS.items()}
    names = {
        "kernels": kernels,
        "families": list(FAMILIES),
        "data sets": list(DATASETS),
        "measurements": list(SECTIONS),
    }
    if as_json:
        typer.echo(json.dumps(names, indent=2))
    else:
        show_table(choices_table(names))
