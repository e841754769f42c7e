"""What several commands share: their options, and how several values are given to one option."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

Device = Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Folder with the data set's original files, or with your own pictures.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
ReportAsJson = Annotated[bool, typer.Option("--json", help="Print the report, and write no evaluation.")]
On = Annotated[
    str | None,
    typer.Option(
        help="Where: ray for the cluster that $RAY_ADDRESS names, else for one on this machine; or an address, such as "
        "ray://head:10001. On this machine without a cluster if not given.",
        metavar="CLUSTER",
    ),
]
MostWorkers = Annotated[
    int | None, typer.Option(min=1, help="With --on: workers at once; as many as fit if not given.")
]
GpusPerWorker = Annotated[
    float | None,
    typer.Option(min=0.0, help="With --on: 0.25 has four share a GPU; one each, where there are any, if not given."),
]
EvaluatedModel = Annotated[str, typer.Argument(help="Model that was evaluated, such as fashion-mnist/vae.")]


def was_given(context: typer.Context, name: str) -> bool:
    """Whether whoever called named an option."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def refuse_without(context: typer.Context, needed: str, names: Sequence[str]) -> None:
    """Raise BadParameter where options are given that mean something beside another one only."""
    given = next((name for name in names if was_given(context, name)), None)
    if given and not was_given(context, needed):
        raise typer.BadParameter(f"--{given.replace('_', '-')} says something of --{needed}: name that, too")


BELONGS: dict[str, Callable[[str], object]] = {
    "--steps": str.isdecimal,
    "--kernels": re.compile(r"[a-z][a-z-]*").fullmatch,
    "--sweep": re.compile(r"[a-z][a-z0-9_-]*=\S*").fullmatch,
}
"""Which words belong to an option of several values when they follow its first one."""


class ManyValues(TyperCommand):
    """A command whose options in `BELONGS` take several words: `--steps 0 1 5` is `--steps "0 1 5"`."""

    def make_parser(self, ctx: Any) -> Any:
        """The parser of the command; its options in `BELONGS` go on taking words that belong to them."""
        parser = super().make_parser(ctx)
        for name, option in parser._long_opt.items():
            if name in BELONGS:
                option.process = partial(take_words, option.process, BELONGS[name])  # type: ignore[method-assign]
        return parser


def take_words(process: Callable[[str, Any], None], belongs: Callable[[str], object], value: str, state: Any) -> None:
    """Give an option its value and the words after it that belong to it, as one text."""
    words = [value]
    while state.rargs and belongs(state.rargs[0]):
        words.append(state.rargs.pop(0))
    process(" ".join(words), state)


class PassesOn(TyperCommand):
    """A command that hands on what follows it as it is, a lone `--` included; only `--help` is its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leave all arguments in `ctx.args`."""
        super().parse_args(ctx, args if args[:1] == ["--help"] else [])
        ctx.args = list(args)
        return ctx.args
