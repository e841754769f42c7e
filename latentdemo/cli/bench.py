"""The command that measures speed."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from latentdemo.cli.options import AsJson, Device
from latentdemo.cli.terminal import progress_bar, progress_of, show_table


def bench(
    sections: Annotated[
        list[str] | None,
        typer.Argument(help="Measurements, of those that the command choices lists; the usual ones if not given."),
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Model to measure; several if given several times.", metavar="NAME")
    ] = None,
    device: Device = None,
    install: Annotated[
        bool, typer.Option("--install", help="Also from an empty environment, into which all is installed.")
    ] = False,
    price: Annotated[
        float | None, typer.Option(help="With gpu: what an hour of the machine costs; 3 if not given.", min=0.0)
    ] = None,
    soak: Annotated[
        float | None,
        typer.Option(help="Instead: 32 sessions use the demo's own server for so many minutes.", metavar="MINUTES"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure speed: the engine's step, many requests at once, press to picture, start to picture, memory.

    What is compared takes turns within one run; values are medians (quartiles).
    """
    if soak is None:
        bench_sections(sections, install, model, device, price, as_json)
    else:
        bench_soak(soak, as_json)


def bench_sections(
    sections: list[str] | None,
    install: bool,
    models: list[str] | None,
    device: str | None,
    price: float | None,
    as_json: bool,
) -> None:
    """Take measurements by name, and show each table as soon as it is there."""
    from dataclasses import asdict

    from latentdemo.benchmark.machine import machine_name, share_one_heap
    from latentdemo.benchmark.sections import INSTALL, MODELS, USUAL, run_section
    from latentdemo.cli.tables import measured_table

    share_one_heap()
    found: dict[str, list[dict[str, Any]]] = {}
    asked = [*(sections or USUAL), *([INSTALL] if install else [])]
    with progress_bar() as bar:
        task = bar.add_task("measuring", total=len(asked), note="")
        for section in asked:
            bar.update(task, note=section)
            for measured in run_section(section, models or MODELS, device, price):
                found.setdefault(section, []).append(asdict(measured))
                if not as_json:
                    show_table(measured_table(measured))
            bar.advance(task)
    if as_json:
        typer.echo(json.dumps({"machine": machine_name(), **found}, indent=2))
    else:
        typer.echo(f"measured on {machine_name()}; medians (quartiles)")


def bench_soak(minutes: float, as_json: bool) -> None:
    """Let sessions use the server, and say what came of it; exit code 1 where it did not hold."""
    from latentdemo.benchmark.soak import soak
    from latentdemo.cli.tables import soak_table

    with progress_bar() as bar:
        report = soak(minutes, progress=progress_of(bar, "soaking"))
    if as_json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        show_table(soak_table(report, minutes))
    if not all(report["holds"].values()):
        raise typer.Exit(1)
