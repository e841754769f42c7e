"""The command that looks whether a model is fit to be sampled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from latentdemo.cli.options import AsJson, Device
from latentdemo.cli.terminal import progress_bar, progress_of, show_table

if TYPE_CHECKING:
    from latentdemo.evaluation.health.vitals import Vitals

COLOURS = {"green": "green", "amber": "yellow", "red": "red", "unknown": "dim"}


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
