"""The command line put together: latentdemo, or python -m latentdemo.

What a command makes goes to files and standard output, progress and errors to standard error. Exit codes: 0 done,
1 an error that the message explains, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import typer
from rich.markup import escape

from latentdemo.cli.attributes import attributes
from latentdemo.cli.bench import bench
from latentdemo.cli.data import check, hold_out
from latentdemo.cli.demo import demo, doctor, serve, site
from latentdemo.cli.evaluate import compare, evaluate, retime
from latentdemo.cli.fit import features, fit, judges
from latentdemo.cli.models import check_model, choices, models
from latentdemo.cli.options import ManyValues, PassesOn
from latentdemo.cli.paths import interpolate, paths
from latentdemo.cli.recommend import recommend
from latentdemo.cli.sample import rerun, sample
from latentdemo.cli.terminal import console
from latentdemo.cli.train import adopt, train
from latentdemo.errors import LatentdemoError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Prior samples and chain samples of generative autoencoders.",
)


def asleep_while_waiting(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command whose threads sleep while they wait for each other, unless $OMP_WAIT_POLICY says otherwise.

    By themselves they spin. Beside another busy process that takes turns from the ones that are waited for: a training
    step on two cores took 2.0 s in place of 0.2.
    """

    @wraps(command)
    def run(*arguments: Any, **settings: Any) -> Any:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # PyTorch reads it as the command imports it.
        return command(*arguments, **settings)

    return run


LONG: tuple[Callable[..., Any], ...] = (train, features, judges, fit, evaluate, compare, paths, attributes, site)
commands: tuple[Callable[..., Any], ...] = (
    *(models, choices, sample, interpolate, rerun),
    *(train, adopt, features, judges, fit, recommend, evaluate, compare, retime, paths, attributes),
    *(hold_out, site, serve, bench, doctor),
)
for command in commands:
    name = command.__name__.replace("_", "-")
    app.command(name, cls=ManyValues)(asleep_while_waiting(command) if command in LONG else command)
app.command("check")(asleep_while_waiting(check_model))
app.command("demo", cls=PassesOn, options_metavar="[OPTIONS OF STREAMLIT] [-- --checkpoints FOLDER]")(demo)
data = typer.Typer(no_args_is_help=True, help="Pictures of your own, before a model is trained on them.")
data.command()(check)
app.add_typer(data, name="data")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error made on purpose becomes its message and exit code 1.

    Args:
        arguments: None takes those of the process.
    """
    try:
        app(arguments)
    except LatentdemoError as error:
        console.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from None
