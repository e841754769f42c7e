"""What is imported is declared, where it is used: the backend's needs apart from those of the extras."""

from __future__ import annotations

import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.test_layers import PACKAGE, ROOT, imported, scripts

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {  # room -> extras whose packages it may import beside the backend's; everything else may import none
    "data": {"train"},
    "models": {"pythae", "diffusers"},
    "evaluation": {"pythae", "features"},
    "cluster": {"cluster"},
    "export": {"demo"},
    "reviews": {"demo"},
    "doctor": {"demo"},
    "operations": {"metrics"},
    "ui": {"demo"},
    "pages": {"demo"},
    "app.py": {"demo"},
    "benchmark": {"bench"},
    "fonts": {"dev"},
}
ROOMS = [*(path.name for path in sorted(PACKAGE.iterdir()) if path.suffix == ".py" or (path / "__init__.py").exists())]


def declared(extra: str = "") -> dict[str, Requirement]:
    """Requirements of the backend, or of an extra with all that it includes, by the name of the distribution."""
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    found = {}
    for each in map(Requirement, lines):
        if each.name == PROJECT["name"]:
            for other in each.extras:
                found |= declared(other)
        else:
            found[canonicalize_name(each.name)] = each
    return found


def pinned(name: str) -> dict[str, str]:
    """Versions in a file of requirements and in those that it includes, by the name of the distribution."""
    found = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= pinned(str(Path(name).parent / line.removeprefix("-r ")))
        else:
            distribution, version = line.split("==")
            found[canonicalize_name(distribution.split("[")[0])] = version
    return found


@cache
def distributions() -> dict[str, set[str]]:
    """Name of a package as it is imported -> distributions that may hold it."""
    return {name: set(map(canonicalize_name, found)) for name, found in packages_distributions().items()}


def foreign_packages(script: Path) -> set[str]:
    """Packages that a script imports and that are neither Python's nor the project's own."""
    names = {name.split(".")[0] for name in imported(script)}
    return names - sys.stdlib_module_names - {"latentdemo", "tests"}


@pytest.mark.parametrize("room", [*ROOMS, "pages", "app.py"])
def test_what_a_room_imports_is_declared_for_it(room: str) -> None:
    path = ROOT / room if room in ("pages", "app.py") else PACKAGE / room
    may = set(declared()).union(*(declared(extra) for extra in EXTRAS.get(room, ())))
    for script in [path] if path.is_file() else scripts(path):
        for name in foreign_packages(script):
            assert distributions().get(name, {name}) & may, f"{script.relative_to(ROOT)} imports {name}"


def test_what_tests_import_is_declared() -> None:
    for script in scripts(ROOT / "tests"):
        for name in foreign_packages(script):
            assert distributions().get(name, {name}) & (declared().keys() | declared("dev").keys()), (script, name)


def test_an_undeclared_import_is_found(tmp_path) -> None:
    (tmp_path / "module.py").write_text("import json\nimport click\nfrom latentdemo import random\n")
    assert foreign_packages(tmp_path / "module.py") == {"click"}
    assert not distributions()["click"] & declared().keys()


@pytest.mark.parametrize(("file", "extra"), [("requirements.txt", "demo"), ("requirements-dev.txt", "dev")])
def test_everything_that_is_declared_is_pinned_within_its_range(file: str, extra: str) -> None:
    pins, ranges = pinned(file), declared() | declared(extra)
    assert pins.keys() == ranges.keys()
    for name, requirement in ranges.items():
        assert pins[name] in requirement.specifier, name


def test_every_requirement_has_a_range() -> None:
    for name, requirement in (declared() | declared("dev")).items():
        assert re.search("[<>=~]", str(requirement.specifier)), name
