"""Commands around the web app: start it, from a clone of the project, serve its engine, write a site of files, and find
what is wrong."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from latentdemo.cli.options import AsJson, Device, GpusPerWorker
from latentdemo.cli.terminal import progress_bar, progress_by_part
from latentdemo.cluster.connection import LOCALHOST
from latentdemo.errors import DemoError

if TYPE_CHECKING:
    from latentdemo.doctor import Finding

PACKAGE = Path(__file__).parents[1]
APP = "app.py"
LIGHTS = {"good": "[green]good[/]   ", "warning": "[yellow]warning[/]", "fault": "[bold red]fault[/]  "}


def demo(context: typer.Context) -> None:
    """Start the web app of a clone; what follows goes to streamlit, such as --server.port 8502.

    After a -- come settings of the app itself: -- --checkpoints FOLDER. The clone is the current folder, or the one
    that the package lies in.
    """
    app = find_app([Path.cwd(), PACKAGE.parent])
    if find_spec("streamlit") is None:
        raise DemoError(f"the web app needs packages that are not there: pip install -r {app.parent}/requirements.txt")
    # all threads share one heap: a server of many sessions holds less memory (Linux only)
    environment = {"MALLOC_ARENA_MAX": "1", **os.environ}
    command = [sys.executable, "-m", "latentdemo.operations", "run", str(app), *context.args]
    os.execve(sys.executable, command, environment)  # signals go to the server itself


def serve(
    on: Annotated[
        str, typer.Option(help="Cluster: ray for the one that $RAY_ADDRESS names, else on this machine; or an address.")
    ] = "ray",
    host: Annotated[str, typer.Option(help="Interface to listen on; 0.0.0.0 for all.")] = LOCALHOST,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; 8000 if not given.")] = None,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Replicas at most, as the queue asks for; as many as fit if not given.")
    ] = None,
    gpus_per_worker: GpusPerWorker = None,
    device: Device = None,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Show Ray's dashboard, on this machine only.")] = False,
) -> None:
    """Serve the engine over HTTP, on Ray Serve, until it is interrupted.

    The web app uses it where LATENTDEMO_ENGINE is ray, or its address; /openapi.json there says what it answers to.
    """
    from latentdemo.cluster.pool import Workers
    from latentdemo.cluster.serving import changes_of_head, serving
    from latentdemo.engine.remote.client import PORT

    workers = Workers(replicas, gpus=gpus_per_worker)
    with serving(on, workers, device=device, host=host, port=port or PORT, dashboard=dashboard) as address:
        typer.echo(f"serving at {address}; Ctrl-C ends it")
        for words in changes_of_head():
            typer.echo(words, err=True)


def site(
    folder: Annotated[Path, typer.Argument(help="Folder for the pages; it is made where it is not there.")],
    model: Annotated[
        list[str] | None, typer.Argument(help="Models to show, such as avatars/vae; all if none is named.")
    ] = None,
) -> None:
    """Write a site of files that shows all models without a server: index.html, and a page for each with its case, in
    English and Japanese, and a chain that plays.

    It works from a folder as it does from any web space; nothing is fetched from elsewhere.
    """
    if find_spec("streamlit") is None:
        raise DemoError("pages need packages that are not there: pip install 'latentdemo[demo]'")
    os.environ.setdefault("STREAMLIT_LOGGER_LEVEL", "error")  # no word of its server, of which there is none
    from latentdemo.checkpoints import list_models
    from latentdemo.ui.site.write import write_site

    with progress_bar() as bar:
        write_site(folder, model or list_models(), progress_by_part(bar))
    typer.echo(f"wrote {folder / 'index.html'}: open it in a browser, or copy the folder to your web space")


def find_app(folders: list[Path]) -> Path:
    """The web app in the first of some folders that is a clone of the project.

    Raises:
        DemoError: none is.
    """
    for folder in folders:
        if (folder / APP).is_file() and (folder / PACKAGE.name / "ui").is_dir():
            return folder / APP
    raise DemoError(
        f"no {APP} of latentdemo in {' or '.join(map(str, folders))}: the web app is started from a clone of the "
        "project; change to its folder and try again"
    )


def doctor(
    address: Annotated[
        str | None,
        typer.Option(help="Look at a demo from outside instead, as a browser would.", metavar="https://HOST/PATH"),
    ] = None,
    cookie: Annotated[str, typer.Option(help="Cookie that leads through a sign-in there.", metavar="NAME=VALUE")] = "",
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with this installation, and say what to do; exit code 1 where something does not work.

    A person at a browser finds what is between them and the demo at its address with ?doctor=1 behind it.
    """
    from dataclasses import asdict

    from latentdemo.doctor import Address, examine_address, examine_machine

    found, out = [], Console()
    for finding in examine_address(Address(address, cookie)) if address else examine_machine():
        found.append(finding)
        if not as_json:
            tell(out, finding)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    elif all(finding.state == "good" for finding in found):
        out.print("All is well.")
    if any(finding.state == "fault" for finding in found):
        raise typer.Exit(1)


def tell(out: Console, finding: Finding) -> None:
    """Print a line, and what to do below it."""
    out.print(f"{LIGHTS[finding.state]} {finding.check}: {escape(finding.found)}", soft_wrap=True, highlight=False)
    if finding.remedy:
        out.print(f"        -> {escape(finding.remedy)}", soft_wrap=True, highlight=False)
