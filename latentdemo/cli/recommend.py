"""The command that answers within a budget of time which way to sample a model pays."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentdemo.cli.options import AsJson, Device
from latentdemo.cli.terminal import progress_bar

if TYPE_CHECKING:
    from latentdemo.evaluation.interval import Interval
    from latentdemo.evaluation.race import FirstAnswer
    from latentdemo.evaluation.report import Row

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
LARGEST = 86_400.0  # Seconds.
MOST_NAMED = 5  # Ways that the answer names beside the one that is advised.
REASONS = {
    "no gap": "its prior samples are not seen to be worse than the best that its decoder can do",
    "nothing to gain": "the best way takes so little off that nobody would see it",
    "chance": "no way is better than the prior sample beyond chance, by every judge",
    "unconfirmed": "the two halves of the repetitions do not agree on a way that pays",
    "coverage": "what closes the quality gap loses coverage",
    "mix": "what closes the quality gap shifts the mix of classes",
    "copies": "what closes the quality gap copies training images",
}


def recommend(
    model: Annotated[str, typer.Argument(help="Model whose densities were fitted, such as fashion-mnist/vae.")],
    budget: Annotated[str, typer.Option(help="Time to spend, such as 60s or 5m.")] = "60s",
    chains_only: Annotated[bool, typer.Option(help="Leave out draws that no chain follows.")] = False,
    start_kept: Annotated[
        float | None, typer.Option(help="Least share of the starting image that survives, from 0 to 1.", min=0, max=1)
    ] = None,
    milliseconds: Annotated[float | None, typer.Option(help="Most time an image.", min=0)] = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """A first answer to which way to sample pays: the ways race each other until the time is up.

    `evaluate` measures all of them thoroughly, and writes down what it finds.
    """
    from latentdemo.engine import OnEngine, engine_for
    from latentdemo.evaluation.findings.recommend import Limits
    from latentdemo.evaluation.race import race_model

    limits = Limits(chains_only, start_kept, milliseconds)
    seconds = seconds_of(budget)
    answer: FirstAnswer | None = None
    with progress_bar() as bar:
        task = bar.add_task("racing", total=seconds, note="")
        for answer in race_model(model, seconds, limits=limits, compute=OnEngine(engine_for(device))):
            note = f"{len(answer.left)} ways left, {answer.out} out"
            bar.update(task, completed=min(answer.seconds, seconds), note=note)
    assert answer is not None
    typer.echo(json.dumps(values(answer), indent=2) if as_json else "\n".join(in_words(model, answer)))


def seconds_of(text: str) -> float:
    """A length of time such as "60s", "5m" or "90".

    Raises:
        BadParameter: it is none, not above 0 or longer than a day.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if not found or found[2] not in UNITS or not 0.0 < float(found[1]) * UNITS[found[2]] <= LARGEST:
        raise typer.BadParameter(f"budget is {text!r}; take a time of up to a day, such as 60s, 5m or 1h")
    return float(found[1]) * UNITS[found[2]]


def in_words(model: str, answer: FirstAnswer) -> list[str]:
    """The answer as lines."""
    spent = (
        f"{answer.rounds} rounds in {answer.seconds:.0f} s, {answer.out} ways dropped out, {len(answer.left)} are left"
    )
    if answer.chosen is None:
        return [f"{model}: leave it alone; {REASONS[answer.reason]}.", f"{spent}."]
    row, told = answer.chosen, answer.told or answer.chosen
    lines = [f"{model}: {way(row)}, {row.milliseconds:.2f} ms an image.", f"Quality gap closed, {basis(answer)}:"]
    lines += [f"  {space}: {in_per_cent(figures['gap_closed'])}" for space, figures in told.judged.items()]
    others = [way(each) for each in answer.left if way(each) != way(row)]
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        lines.append(f"Not yet told from it: {'; '.join(others[:MOST_NAMED])}{more}.")
    return [*lines, f"{spent}."]


def basis(answer: FirstAnswer) -> str:
    """Which images the figures are of."""
    return "of images that did not choose it" if answer.told else "of the images that chose it"


def way(row: Row) -> str:
    """A way to sample in words."""
    from latentdemo.evaluation.card import in_words

    return in_words(row) + (f", {row.steps} step{'s' * (row.steps > 1)}" if row.steps else "")


def in_per_cent(figure: Interval) -> str:
    """A share with half of its 95 % interval."""
    return f"{figure.mean:.0f} %" + ("" if figure.half_width is None else f" ± {figure.half_width:.0f} %")


def values(answer: FirstAnswer) -> dict[str, Any]:
    """The answer as JSON values."""

    def row_values(row: Row) -> dict[str, Any]:
        spec = {"start": row.start, "kernel": row.kernel, "steps": row.steps, "options": row.options}
        return spec | {"stop_at": row.stop_at, "milliseconds": row.milliseconds, "gap_closed": gaps(row.judged)}

    def gaps(judged: Mapping[str, Mapping[str, Interval]]) -> dict[str, Any]:
        found = {space: figures["gap_closed"] for space, figures in judged.items() if "gap_closed" in figures}
        return {space: {"mean": each.mean, "low": each.low, "high": each.high} for space, each in found.items()}

    return {
        "recommended": row_values(answer.chosen) if answer.chosen else None,
        "gap_closed_of_fresh_images": gaps(answer.told.judged) if answer.told else None,
        "reason": answer.reason,
        "left": [row_values(row) for row in answer.left],
        "out": answer.out,
        "rounds": answer.rounds,
        "seconds": answer.seconds,
    }
