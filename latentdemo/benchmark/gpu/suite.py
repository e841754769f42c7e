"""The tests that need a GPU, run beside the measurements, and what came of them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from latentdemo.benchmark.timing import Table

CHECKOUT = Path(__file__).parents[3]
TESTS = Path("tests", "gpu")
TOLD = 12  # lines of what went wrong


def run_suite(seconds: float) -> Table:
    """Run `tests/gpu` in a process of its own, without what all other tests need, for so many seconds at most."""
    if find_spec("pytest") is None or not (CHECKOUT / TESTS).is_dir():
        return Table(str(TESTS), [{"": "not run: it needs pytest and a checkout"}])
    options = ["-q", "-m", "gpu", "-p", "no:cacheprovider", "-o", "addopts=", "--import-mode=importlib"]
    options += ["--tb=line", f"--confcutdir={TESTS}", str(TESTS)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else error.stdout or ""
        return Table(f"{TESTS}: not done after {seconds:.0f} s", lines_of(said))
    words = {0: "passed", 5: "nothing was run"}.get(done.returncode, "FAILED")
    return Table(f"{TESTS}: {words}", lines_of(done.stdout + done.stderr))


def lines_of(said: str) -> list[dict[str, Any]]:
    """The last lines that pytest has printed."""
    return [{"": line} for line in said.strip().splitlines()[-TOLD:]] or [{"": "pytest said nothing"}]
