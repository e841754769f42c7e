"""From a machine with nothing but Python to the first picture: what the README's first command does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from latentdemo.benchmark.browser import chromium, opened, wait_for_picture
from latentdemo.benchmark.server import ROOT, running_server
from latentdemo.benchmark.timing import Table
from latentdemo.errors import ServerError

GB = 1e9  # bytes


def measure_install() -> Table:
    """Seconds until `requirements.txt` is installed into an empty environment, what that weighs, and seconds from the
    beginning to the first picture, with the browser open already.

    Packages come from the index, mirror or cache that pip is set up for: the time is that of this network.

    Raises:
        ServerError: pip fails, there is no Chromium, or the server does not start.
        ImportError: playwright is not installed.
    """
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        started = time.perf_counter()
        python = new_environment(Path(folder))
        installed = time.perf_counter() - started
        with running_server(python=python) as server:
            wait_for_picture(opened(browser, server.address))
            seen = time.perf_counter() - started
        row = {"installed, s": installed, "installed, GB": weight(Path(folder)) / GB, "first picture, s": seen}
    return Table("From an empty environment", [row])


def new_environment(folder: Path) -> str:
    """Make an environment with the demo's requirements; returns its Python."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "-r", str(ROOT / "requirements.txt")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
    return str(python)


def weight(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
