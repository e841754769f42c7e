"""What stands in files beside the package agrees with the package."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from pathlib import Path

from latentdemo import __version__

ROOT = Path(__file__).parents[1]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_citation_is_of_this_version_and_names_the_paper() -> None:
    citation = text_of("CITATION.cff")
    assert f"\nversion: {__version__}\n" in citation
    assert "https://arxiv.org/abs/1610.09296" in citation


def test_the_changelog_opens_with_what_is_not_released_yet() -> None:
    headings = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    kinds = set(re.findall(r"^### (.*)$", text_of("CHANGELOG.md"), re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_hooks_run_programs_that_development_installs() -> None:
    entries = re.findall(r"entry: (.*)", text_of(".pre-commit-config.yaml"))
    programs = [Path(shlex.split(entry)[0]) for entry in entries]
    assert {"ruff", "mypy"} <= {program.name for program in programs}
    assert all(program.parts[:2] == (".venv", "bin") for program in programs)
    assert [program for program in programs if not (Path(sys.executable).parent / program.name).exists()] == []


def test_licences_that_the_readme_names_are_there() -> None:
    links = re.findall(r"\]\(([\w./-]+)\)", text_of("README.md"))
    assert {"LICENSE", "latentdemo/fonts/OFL.txt", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff"} <= set(links)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_licence_is_declared() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert project["license"].startswith("MIT")
    assert all((ROOT / name).is_file() for name in project["license-files"])
    assert text_of("LICENSE").startswith("MIT License")
