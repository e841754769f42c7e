"""Arrows point one way: what a room of the house may import, at every depth."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from latentdemo.sampling import KERNELS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "latentdemo"
BASE = {"errors", "files", "random", "imaging", "fonts", "typography", "_version"}
MAY_IMPORT = {  # room -> rooms and modules at the top of the package
    "fonts": set(),
    "random": set(),
    "models": BASE,
    "data": BASE,
    "checkpoints": BASE | {"models", "data"},
    "sampling": BASE | {"models", "data", "checkpoints"},
    "training": BASE | {"models", "data", "checkpoints"},
    "evaluation": BASE | {"models", "data", "checkpoints", "sampling"},
    "engine": BASE | {"models", "data", "checkpoints", "sampling", "evaluation"},
    "reviews": BASE | {"models", "data", "checkpoints", "sampling", "evaluation", "engine"},
    "cluster": BASE | {"models", "data", "checkpoints", "sampling", "training", "evaluation", "engine"},
    "export": BASE | {"models", "checkpoints", "sampling", "evaluation", "engine"},
    "doctor": BASE | {"models", "checkpoints", "sampling", "reviews"},
    "operations": BASE | {"checkpoints", "engine", "ui"},
    "benchmark": BASE | {"models", "data", "checkpoints", "sampling", "evaluation", "engine", "reviews", "cluster"},
    "cli": BASE
    | {"models", "data", "checkpoints", "sampling", "training", "evaluation", "engine", "export", "benchmark"}
    | {"reviews", "cluster", "doctor", "ui"},  # of the screens' words and pictures a site is made
    "ui": BASE | {"models", "data", "checkpoints", "sampling", "evaluation", "engine", "reviews", "export"},
}
SHARED_BY_PAGES = {"i18n", "state", "shell", "components", "runs", "controls", "evaluation", "export"}
UI_MAY_IMPORT = {  # room -> other rooms of the screens; what two pages share is in no page's own
    "i18n": set(),
    "state": {"i18n"},
    "shell": {"i18n", "state"},
    "components": {"i18n"},
    "doctor": {"i18n", "components"},
    "runs": {"i18n", "state"},
    "controls": {"i18n", "state", "components", "runs"},
    "evaluation": {"i18n", "state", "components"},
    "export": {"i18n", "state", "components", "evaluation"},
    "chain": SHARED_BY_PAGES,
    "sampling": SHARED_BY_PAGES,
    "interpolation": SHARED_BY_PAGES,
    "latent_space": SHARED_BY_PAGES,
    "models": SHARED_BY_PAGES,
    "overview": SHARED_BY_PAGES,
    "quality": SHARED_BY_PAGES,
    "review": SHARED_BY_PAGES,
    "site": SHARED_BY_PAGES | {"overview", "chain"},
}
LONGEST_MODULE, LARGEST_ROOM = 350, 15  # lines, modules


def scripts(folder: Path) -> list[Path]:
    """All modules below a folder."""
    return sorted(folder.rglob("*.py"))


def module_name(script: Path) -> str:
    """The dotted name of a module; of a package, that of its folder."""
    return ".".join(script.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(script: Path, everywhere: bool = True) -> Iterator[str]:
    """Dotted names of everything that a script imports; `everywhere` counts imports inside functions, too."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if everywhere else at_import(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def at_import(tree: ast.Module) -> Iterator[ast.stmt]:
    """What runs when a module is imported; what only type checkers read does not."""
    for node in tree.body:
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    for script in scripts(PACKAGE / room):
        own = {name.split(".")[1] for name in imported(script) if name.startswith("latentdemo.")}
        assert own <= MAY_IMPORT[room] | {room}, script


@pytest.mark.parametrize("room", UI_MAY_IMPORT)
def test_a_room_of_the_screens_imports_only_what_lies_below_it(room: str) -> None:
    for script in scripts(PACKAGE / "ui" / room):
        own = {name.split(".")[2] for name in imported(script) if name.startswith("latentdemo.ui.")}
        assert own <= UI_MAY_IMPORT[room] | {room}, script


def test_every_room_is_listed() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(MAY_IMPORT)
    assert {path.parent.name for path in PACKAGE.glob("ui/*/__init__.py")} == set(UI_MAY_IMPORT)


def test_no_module_leads_back_to_itself() -> None:
    names = {module_name(script): script for script in scripts(PACKAGE)}
    arrows: dict[str, set[str]] = {}
    for name, script in names.items():
        found = set()
        for each in imported(script, everywhere=False):
            target = each if each in names else each.rpartition(".")[0]
            if target in names and target != name:
                found.add(target)
        arrows[name] = found
    assert (circle := circle_in(arrows)) == [], " -> ".join(circle)


def circle_in(arrows: dict[str, set[str]]) -> list[str]:
    """A way along arrows that comes back to where it began; empty where there is none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for each in sorted(arrows[name]):
            if found := visit(each, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(arrows) if (found := visit(name, []))), [])


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_only_the_screens_know_streamlit_and_who_visits_them() -> None:
    for script in scripts(PACKAGE):
        knows = any(name.split(".")[0] == "streamlit" for name in imported(script))
        inside = script.is_relative_to(PACKAGE / "ui") or script == PACKAGE / "benchmark" / "visitor.py"
        assert not knows or inside, script


def test_only_the_cluster_knows_ray_and_imports_it_when_it_is_used() -> None:
    for script in scripts(PACKAGE):
        knows = any(name.split(".")[0] == "ray" for name in imported(script))
        assert not knows or script.parent == PACKAGE / "cluster", script
        assert not any(name.split(".")[0] == "ray" for name in imported(script, everywhere=False)), script


def test_a_kernels_name_stands_in_its_own_file_only() -> None:
    """Elsewhere kernels are known by what the registry tells of them."""
    room = PACKAGE / "sampling" / "kernels"
    others = [script for script in scripts(PACKAGE) if script.parent != room]
    for script in [*others, *scripts(ROOT / "pages"), ROOT / "app.py"]:
        named = KERNELS.keys() & set(texts_in(script))
        assert not named, f"{script} names {named}"
    for name in KERNELS:
        assert len([script for script in scripts(room) if name in texts_in(script)]) == 1, name


def texts_in(script: Path) -> list[str]:
    """All texts that a script spells out."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_no_module_is_long_and_no_room_crowded() -> None:
    for script in scripts(PACKAGE):
        assert len(script.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE, script
    for folder in {script.parent for script in scripts(PACKAGE)}:
        modules = [script for script in folder.glob("*.py") if script.name != "__init__.py"]
        assert len(modules) <= LARGEST_ROOM, folder
