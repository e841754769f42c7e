"""Python, and the packages that fail in ways of their own when their versions do not belong together."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from latentdemo._version import __version__
from latentdemo.doctor.finding import Finding

LEAST_PYTHON = (3, 11)
NEEDED = ("torch", "torchvision", "numpy")
STREAMLIT = "1.67."  # the version that the demo's patches are for
AGAIN = "install again what requirements.txt names: pip install -r requirements.txt"


def check() -> Iterator[Finding]:
    """Python's version, that what computes can be imported, and the version of Streamlit."""
    words = f"latentdemo {__version__}, Python {platform.python_version()}, {platform.platform()}"
    old = sys.version_info[:2] < LEAST_PYTHON
    yield Finding("python", "fault" if old else "good", words, "install Python 3.11 or newer" if old else "")
    for name in NEEDED:
        yield imported(name)
    yield of_the_demo()


def imported(name: str) -> Finding:
    """Whether a package can be imported."""
    try:
        found = import_module(name).__version__
    except Exception as error:  # torch and torchvision of different builds raise RuntimeError, broken files anything
        both = "torch and torchvision must be of one build, both from PyPI or both from PyTorch's CPU index"
        return Finding("packages", "fault", f"{name} cannot be imported: {error}", f"{AGAIN}; {both}")
    return Finding("packages", "good", f"{name} {found}")


def of_the_demo() -> Finding:
    """Whether Streamlit is there, in the version that its patches are for."""
    try:
        found = version("streamlit")
    except PackageNotFoundError:
        return Finding("packages", "warning", "no streamlit: the command line works, the web app does not", AGAIN)
    if found.startswith(STREAMLIT):
        return Finding("packages", "good", f"streamlit {found}")
    return Finding("packages", "fault", f"streamlit {found}, and the demo is made for {STREAMLIT}*", AGAIN)
