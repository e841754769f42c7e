"""The command that starts the web app, from a clone of the project."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import typer

from latentdemo.errors import DemoError

PACKAGE = Path(__file__).parents[1]
APP = "app.py"


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
    command = [sys.executable, "-m", "streamlit", "run", str(app), *context.args]
    os.execve(sys.executable, command, environment)  # signals go to the server itself


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
