"""Arrows point one way: what a room of the house may import."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "latentdemo"
BASE = {"errors", "random", "imaging", "fonts", "_version"}
MAY_IMPORT = {
    "models": BASE,
    "data": BASE,
    "sampling": BASE | {"models", "data"},
    "training": BASE | {"models", "data"},
    "evaluation": BASE | {"models", "data", "sampling"},
    "engine": BASE | {"models", "sampling", "evaluation"},
    "fonts": set(),
    "benchmark": BASE | {"models", "data", "sampling", "evaluation", "engine"},
    "takeaway": BASE | {"models", "data", "sampling", "engine"},
    "ui": BASE | {"models", "data", "sampling", "evaluation", "engine", "takeaway"},
}


def imported(script: Path) -> set[str]:
    """Dotted names of everything a script imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    for script in (PACKAGE / room).glob("*.py"):
        own = {name.split(".")[1] for name in imported(script) if name.startswith("latentdemo.")}
        assert own <= MAY_IMPORT[room] | {room}, script


def test_only_the_screens_know_streamlit_and_who_visits_them() -> None:
    for script in PACKAGE.rglob("*.py"):
        knows = any(name.split(".")[0] == "streamlit" for name in imported(script))
        assert not knows or script.parent.name == "ui" or script == PACKAGE / "benchmark" / "visitor.py", script


def test_every_room_is_listed() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(MAY_IMPORT)
