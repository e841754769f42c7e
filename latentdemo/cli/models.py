"""Commands that list: the models at hand, and the names that other commands take."""

from __future__ import annotations

import json

import typer
from rich.console import Console

from latentdemo.cli.options import AsJson


def models(as_json: AsJson = False) -> None:
    """List the models at hand."""
    from dataclasses import asdict

    from latentdemo.checkpoints import list_models, model_folder, read_config
    from latentdemo.cli.tables import models_table

    configs = {name: read_config(model_folder(name)) for name in list_models()}
    if as_json:
        typer.echo(json.dumps({name: asdict(config) for name, config in configs.items()}, indent=2))
    else:
        Console().print(models_table(configs))


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
        Console().print(choices_table(names))
