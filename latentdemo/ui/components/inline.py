"""Inline components of Streamlit whose parts in the browser lie beside their module, as HTML, CSS and JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

SHARED = Path(__file__).with_name("shared")  # styles and functions that all of them may use, as .css and .js


class Parts(NamedTuple):
    """What a component is in the browser."""

    html: str
    css: str
    js: str


def parts_of(module: str) -> Parts:
    """What lies beside a module, whose `__file__` is given; styles and script stand behind the shared ones."""

    def read(ending: str, *files: Path) -> str:
        return "\n".join(file.with_suffix(ending).read_text(encoding="utf-8") for file in files)

    own = Path(module)
    return Parts(read(".html", own), read(".css", SHARED, own), read(".js", SHARED, own))


def inline_component(module: str) -> Any:
    """The component of a module, named after it."""
    return st.components.v2.component(f"latentdemo_{Path(module).stem}", **parts_of(module)._asdict())
