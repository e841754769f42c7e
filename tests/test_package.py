"""The wheel in an environment of its own: nothing there but what the backend declares, away from the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from latentdemo.sampling.kernels import KERNELS

ROOT = Path(__file__).parents[1]
SOURCE = ("pyproject.toml", "README.md", "LICENSE", "latentdemo")  # what a wheel is made of
NEED_EXTRAS = {  # modules that may need more than the backend, and say so when they are used
    "latentdemo.ui",
    "latentdemo.export.animation",
    "latentdemo.export.bundle",
    "latentdemo.export.review",
    "latentdemo.export.deck",
    "latentdemo.export.handout",
    "latentdemo.export.slide_parts",
    "latentdemo.export.slide_template",
    "latentdemo.export.typeset",
    "latentdemo.benchmark",
    "latentdemo.cluster.interface",
    "latentdemo.fonts.subset",
    "latentdemo.operations",
    "latentdemo.reviews.database",
    "latentdemo.reviews.migrations",
    "latentdemo.reviews.store",
    "latentdemo.reviews.tables",
}
EVERY_KERNEL = """
import sys
import latentdemo
from latentdemo import load_model, run_chain
from latentdemo.sampling.kernels import KERNELS
model = load_model("fashion-mnist/vae", "cpu")
for kernel in KERNELS:
    run = run_chain(model, kernel, count=2, steps=2, seed=7)
    assert run.images[2].shape == (2, 1, 32, 32)
    print(kernel)
assert latentdemo.__file__.startswith(sys.prefix), latentdemo.__file__
"""
EVERY_MODULE = f"""
import importlib, pkgutil
import latentdemo
for module in pkgutil.walk_packages(latentdemo.__path__, "latentdemo."):
    if not module.name.startswith({tuple(NEED_EXTRAS)!r}) and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""

pytestmark = pytest.mark.slow


def closure(first: Distribution) -> dict[str, Distribution]:
    """Everything that a distribution requires without any extra, and what that requires, by name."""
    found: dict[str, Distribution] = {}
    asked = [(first, frozenset[str]())]
    while asked:
        current, extras = asked.pop()
        for requirement in map(Requirement, current.requires or []):
            wanted = [requirement.marker is None or requirement.marker.evaluate({"extra": e}) for e in extras or {""}]
            if any(wanted) and canonicalize_name(requirement.name) not in found:
                found[canonicalize_name(requirement.name)] = each = distribution(requirement.name)
                asked.append((each, frozenset(requirement.extras)))
    return found


class Environment:
    """An environment that holds the wheel and, as links, what it requires."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "env" / "bin"
        self.folder, self.home = folder / "somewhere", folder / "home"
        source, wheels = folder / "source", folder / "wheels"
        for path in (source, self.folder, self.home):
            path.mkdir()
        for name in SOURCE:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        build = ["wheel", str(source), "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels)]
        subprocess.run([*pip, *build], check=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True)
        target = ["--python", str(self.bin / "python"), "install", "--no-deps", "--no-index"]
        subprocess.run([*pip, *target, *map(str, wheels.glob("*.whl"))], check=True)
        (self.packages,) = (folder / "env" / "lib").glob("python*/site-packages")
        (installed,) = self.packages.glob("latentdemo-*.dist-info")
        self.required = closure(Distribution.at(installed))
        for each in self.required.values():
            self.link(each)
        self.before = self.files()
        self.home.chmod(0o500)

    def link(self, each: Distribution) -> None:
        """Let what a distribution has installed be found here, too."""
        for name in {path.parts[0] for path in each.files or () if path.parts[0] not in ("..", "__pycache__")}:
            link = self.packages / name
            if not link.exists():  # distributions share some folders
                link.symlink_to(Path(str(each.locate_file(name))).resolve())

    def files(self) -> dict[Path, int]:
        """All files that are not links, and when they were written."""
        walked = ((Path(folder), names) for folder, _, names in os.walk(self.packages, followlinks=False))
        files = (folder / name for folder, names in walked for name in names)
        return {path: path.stat().st_mtime_ns for path in files if not path.is_symlink()}

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Run a program of the environment from an empty folder, with a home that cannot be written to."""
        known = {"PATH": os.environ["PATH"], "HOME": str(self.home), "OMP_NUM_THREADS": "1"}
        known["PYTHONDONTWRITEBYTECODE"] = "1"  # of the modules that are linked; the wheel's own came compiled
        known["LATENTDEMO_CHECKPOINTS"] = str(ROOT / "checkpoints")
        program = str(self.bin / command[0])
        return subprocess.run(
            [program, *command[1:]], cwd=self.folder, env=known, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Environment:
    return Environment(tmp_path_factory.mktemp("package"))


def lines(found: subprocess.CompletedProcess) -> list[str]:
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


def test_the_backend_requires_nothing_of_the_screens(environment: Environment) -> None:
    screens = {"streamlit", "altair", "pandas", "av", "python-pptx", "lxml", "fpdf2", "babel"}
    assert not environment.required.keys() & screens
    for name in ("streamlit", "av", "pptx", "fpdf", "pandas", "altair"):
        assert environment.run("python", "-c", f"import {name}").returncode == 1


def test_every_kernel_samples(environment: Environment) -> None:
    assert lines(environment.run("python", "-c", EVERY_KERNEL)) == list(KERNELS)


def test_every_module_of_the_backend_can_be_imported(environment: Environment) -> None:
    names = lines(environment.run("python", "-c", EVERY_MODULE))
    assert {"latentdemo.cli.main", "latentdemo.evaluation.pipeline", "latentdemo.export.rerun"} <= set(names)


def test_the_command_line_lists_and_samples(environment: Environment) -> None:
    assert any("fashion-mnist/vae" in line for line in lines(environment.run("latentdemo", "models", "--json")))
    sample = ["sample", "fashion-mnist/vae", "--count", "2", "--steps", "0", "1", "--out", "few.png", "--device", "cpu"]
    assert "wrote few.png: 2 chains, steps 0, 1" in lines(environment.run("latentdemo", *sample))[-1]
    assert (environment.folder / "few.png").stat().st_size > 1000
    assert any("Usage: latentdemo fit" in line for line in lines(environment.run("latentdemo", "fit", "--help")))
    demo = environment.run("latentdemo", "demo")
    assert (demo.returncode, "from a clone of the project" in " ".join(demo.stderr.split())) == (1, True)


def test_what_the_package_brings_is_there(environment: Environment) -> None:
    package = environment.packages / "latentdemo"
    data = [path for path in (ROOT / "latentdemo").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    missing = [path for path in data if not (package / path.relative_to(ROOT / "latentdemo")).is_file()]
    assert missing == []
    assert (package / "py.typed").is_file()


def test_nothing_was_written_among_the_packages_nor_at_home(environment: Environment) -> None:
    assert lines(environment.run("python", "-c", EVERY_KERNEL))
    assert environment.files() == environment.before
    assert list(environment.home.iterdir()) == []
