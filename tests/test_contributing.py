"""CONTRIBUTING's example of a new kernel does what it says: one file, one line, and it is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from latentdemo import load_model
from latentdemo.evaluation.protocol import arms
from latentdemo.sampling import kernels, run_chain
from latentdemo.sampling.densities.resolve import resolve_density
from latentdemo.sampling.kernels import KernelSpec

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
(MODULE,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
IMPORT, LINE = re.findall(r"^\+(.*\n)", GUIDE, re.MULTILINE)
NAME = "random-walk"
REGISTRY = Path("latentdemo/sampling/kernels/registry.py")


@pytest.fixture
def spec(monkeypatch) -> KernelSpec:
    """The kernel of the example, in the registry."""
    names: dict = {"__name__": "random_walk"}
    exec(compile(MODULE, "CONTRIBUTING.md", "exec"), names)
    monkeypatch.setitem(kernels.KERNELS, NAME, names["RANDOM_WALK"])
    return names["RANDOM_WALK"]


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Path:
    """The package with the example in it, as a contributor would have it."""
    folder = tmp_path_factory.mktemp("contributed")
    shutil.copytree(ROOT / "latentdemo", folder / "latentdemo", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / REGISTRY).with_name("random_walk.py").write_text(MODULE, encoding="utf-8")
    text = (folder / REGISTRY).read_text(encoding="utf-8")
    first_import = text.index("from latentdemo.sampling.kernels.")
    text = text[:first_import] + IMPORT + text[first_import:]
    end = text.index("    )\n}")
    (folder / REGISTRY).write_text(text[:end] + LINE + text[end:], encoding="utf-8")
    return folder


def run(changed: Path, *arguments: str) -> str:
    known = os.environ | {"LATENTDEMO_CHECKPOINTS": str(ROOT / "checkpoints"), "PYTHONPATH": str(changed)}
    command = [sys.executable, "-m", "latentdemo", *arguments]
    done = subprocess.run(command, cwd=changed, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_has_the_kernel_from_its_file_and_line_alone(changed) -> None:
    assert NAME in json.loads(run(changed, "choices", "--json"))["kernels"]
    (command,) = re.findall(rf"latentdemo (sample .*--kernel {NAME}.*)\n", GUIDE)
    run(changed, *command.split(), "--count", "4", "--device", "cpu", "--out", "run.npz")
    with np.load(changed / "run.npz") as arrays:
        assert {"latents_0", "latents_5", "latents_20"} <= set(arrays.files)
        assert (arrays["latents_0"] != arrays["latents_20"]).any(axis=1).all()


def test_the_example_keeps_to_the_style_of_the_project(changed) -> None:
    module = str((changed / REGISTRY).with_name("random_walk.py"))
    ruff = [str(Path(sys.executable).parent / "ruff")]
    for check in (["check"], ["format", "--check"]):
        settings = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
        done = subprocess.run([*ruff, *check, *settings, module], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_evaluations_measure_it(spec) -> None:
    (arm,) = [arm for arm in arms() if arm.kernel == NAME]
    assert arm.steps == spec.trials[0].steps


def test_it_leaves_its_target_invariant(spec) -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    target = resolve_density(model, "mixture")
    before = target.density.sample(2000, torch.Generator().manual_seed(0))
    run = run_chain(model, NAME, start=before, steps=20, images=False, seed=1)
    after = run.latents[20]
    assert 0.1 < float(run.info.accepted.float().mean()) < 0.9
    assert not torch.equal(before, after)
    spread = target.log_density(before).std() / 2000**0.5
    assert abs(float(target.log_density(after).mean() - target.log_density(before).mean())) < 4 * float(spread)
    assert torch.allclose(after.mean(dim=0), before.mean(dim=0), atol=0.15)
    assert torch.allclose(after.std(dim=0), before.std(dim=0), rtol=0.1)


def test_the_same_chains_whatever_the_batch(spec) -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    many = run_chain(model, NAME, count=8, steps=3, seed=2).latents[3]
    few = run_chain(model, NAME, count=3, steps=3, seed=2).latents[3]
    assert torch.allclose(many[:3], few, atol=1e-5)
