"""The command that measures moves along the directions of attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from latentdemo.cli.options import AsJson, Device
from latentdemo.cli.terminal import progress_bar, progress_of, show_table

if TYPE_CHECKING:
    from latentdemo.evaluation.report.attributes import AttributeReport, MovedRow


def attributes(
    model: Annotated[str, typer.Argument(help="Model with labels and a fitted flow, such as avatars/vae.")],
    attribute: Annotated[
        list[str] | None,
        typer.Option(help="All values of this one, may be repeated; the clearest of all if not given."),
    ] = None,
    pictures: Annotated[int, typer.Option(help="To move, in each repetition.")] = 100,
    repeats: Annotated[int, typer.Option(help="Repetitions, each with pictures of its own.")] = 3,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Measure how pictures follow moves towards values of attributes, through the base space and straight."""
    from latentdemo.engine import OnEngine, engine_for
    from latentdemo.evaluation.attributes import measure_attributes

    with progress_bar() as bar:
        found = measure_attributes(
            model,
            attributes=attribute or (),
            pictures=pictures,
            seeds=range(repeats),
            compute=OnEngine(engine_for(device)),
            progress=progress_of(bar, "measuring moves"),
        )
    if as_json:
        typer.echo(json.dumps(found.values(), indent=2))
    else:
        show_table(attributes_table(model, found))


def attributes_table(model: str, report: AttributeReport) -> Table:
    """How moves fare, the two ways under each other."""
    from latentdemo.evaluation.report.attributes import OF_ALL, OF_VALUE

    title = (
        f"{model}: probability of the value before and after a move by so many standard deviations, other attributes "
        "that stay, and change of the Fréchet distance from all real pictures and from those that show the value; "
        f"{len(report.seeds)} x {report.pictures} pictures, mean and half of the 95 % interval"
    )
    distances = [f"{space}, {of}" for space in report.spaces for of in ("all", "showing it")]
    table = Table("value", "space", "move", "probability", "others stay, %", *distances, title=title)
    for row in [*report.rows, *report.averages]:
        changes = [signed(row, figure, space) for space in report.spaces for figure in (OF_ALL, OF_VALUE)]
        table.add_row(
            " ".join(row.value).strip() or "on average", row.space, f"{row.amount:+g}", *what_is_shown(row), *changes
        )
    return table


def what_is_shown(row: MovedRow) -> tuple[str, str]:
    """The probability of the value, and how much of the rest stays."""
    from latentdemo.evaluation.card import with_interval
    from latentdemo.evaluation.report.attributes import BEFORE, OTHERS_KEPT, SHOWN

    kept = row.own.get(OTHERS_KEPT)
    shown = f"{row.own[BEFORE + SHOWN].mean:.2f} to {with_interval(row.own[SHOWN], 2)}"
    return shown, f"{100 * kept.mean:.0f}" if kept else ""


def signed(row: MovedRow, figure: str, space: str) -> str:
    """What a move changes in a distance."""
    from latentdemo.evaluation.card import with_interval

    change = row.change(figure, space)
    return ("+" if change.mean >= 0 else "") + with_interval(change, 1)
