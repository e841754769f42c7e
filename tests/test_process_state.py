"""Results depend on arguments alone: what a program has set for the whole process or thread changes none of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import latentdemo
from latentdemo import adapt, load_model, run_chain
from latentdemo.checkpoints import load_trained
from latentdemo.data.pictures import damage_picture
from latentdemo.evaluation.features.classifier import load_features
from latentdemo.evaluation.features.damage import damage
from latentdemo.evaluation.metrics import diagnostics, frechet, kernel_distance, mix, pictures, prdc, two_sample
from latentdemo.models import FAMILIES, NetworkConfig, build_model
from latentdemo.sampling.densities.store import load_densities, read_densities
from latentdemo.sampling.kernels import KERNELS

NAME = "fashion-mnist/vae"


@contextmanager
def default_dtype() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def default_device() -> Iterator[None]:
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextmanager
def global_seed() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        yield


def strict_numpy() -> Any:
    return np.errstate(all="raise")


STATES = (default_dtype, default_device, deterministic, global_seed, strict_numpy, torch.inference_mode)
ROWS = np.random.default_rng(0).normal(size=(2, 120, 5)).astype(np.float32)


def grey(count: int) -> Tensor:
    values = torch.linspace(0.0, 1.0, count * 32 * 32, dtype=torch.float32, device="cpu")
    return values.view(count, 1, 32, 32)


def chain(kernel: str, **settings: Any) -> dict[str, Tensor]:
    run = run_chain(load_model(NAME, "cpu"), kernel, count=5, steps=2, seed=3, record="all", **settings)
    return {
        **{f"latents {step}": values for step, values in run.latents.items()},
        **{f"images {step}": values for step, values in run.images.items()},
        **run.info,
        "acceptance": torch.tensor(run.acceptance(2) or 0.0, dtype=torch.float64, device="cpu"),
    }


def densities() -> dict[str, Tensor]:
    read_densities.cache_clear()
    found = {}
    for name, fitted in load_densities(load_trained(NAME, "cpu").folder).items():
        drawn = fitted.density.sample(6, torch.Generator().manual_seed(0))
        found |= {name: drawn, f"{name}, log": fitted.density.log_density(drawn), f"{name}, scale": fitted.scale}
    return found


def metrics() -> dict[str, Any]:
    real, fake = ROWS
    labels = (real[:, 0] > 0).astype(np.int64)
    return {
        "frechet": frechet.frechet_distance(real, fake),
        "jackknife": frechet.frechet_distance_jackknife(real, fake),
        "kernel": kernel_distance.kernel_distance(real, fake),
        "prdc": prdc.prdc(real, fake, 3),
        "energy": two_sample.energy_test(real, fake, permutations=20),
        "mix": mix.mix_of(mix.class_counts(labels, 2), mix.class_counts(1 - labels, 2)),
        "nearest": pictures.nearest_distance(real, fake),
        "memorised": pictures.memorised_share(real[:, 0] ** 2, fake[:, 0] ** 2),
        "hopping": diagnostics.hopping_share(labels.reshape(12, 10)),
        "diagnosed": diagnostics.diagnose(np.random.default_rng(1).normal(size=(4, 200, 2))),
        "sharpness": pictures.sharpness(grey(3)),
    }


def adapted() -> dict[str, Tensor]:
    weights = torch.full((4, 64), 0.01, dtype=torch.float32, device="cpu")
    model = adapt(lambda images: images.flatten(1) @ weights.T, lambda z: (z @ weights).view(-1, 1, 8, 8), 4, (1, 8, 8))
    run = run_chain(model, count=3, steps=2, seed=1)
    return {"latents": run.latents[2], "images": run.images[2]}


def untrained() -> dict[str, dict[str, Tensor]]:
    return {family: dict(build_model(family, NetworkConfig(16, 1, 2, 4), seed=1).state_dict()) for family in FAMILIES}


def looked_at() -> dict[str, Tensor]:
    damaged, kinds = damage(grey(8), torch.Generator().manual_seed(0))
    return {
        "damaged": damaged,
        "kinds": kinds,
        "picture": damage_picture(grey(1)[0], 0.2, 0.1, seed=0),
        "features": load_features("fashion-mnist", "cpu")(grey(3)),
    }


RESULTS: dict[str, Callable[[], Any]] = {
    **{name: lambda name=name: chain(name) for name in KERNELS},
    "start": lambda: chain("decode-encode", start="density", stop_at=0.5),
    "data": lambda: chain("decode-encode", start="data", noise="shared"),
    "densities": densities,
    "metrics": metrics,
    "adapted": adapted,
    "untrained": untrained,
    "looked at": looked_at,
}


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    """What everything gives in a process where nobody has set anything."""
    return {}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("name", RESULTS)
def test_what_the_process_has_set_changes_no_bit(name: str, state: Callable[[], Any], usual: dict[str, Any]) -> None:
    if name not in usual:
        usual[name] = RESULTS[name]()
    with state():
        found = RESULTS[name]()
    check_same(found, usual[name])


def check_same(found: Any, expected: Any) -> None:
    """Whether two results are of one type and equal in every bit."""
    assert type(found) is type(expected)
    if isinstance(expected, Tensor):
        assert (found.dtype, found.device) == (expected.dtype, expected.device)
        assert torch.equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for name, value in expected.items():
            check_same(found[name], value)
    elif hasattr(expected, "__dict__") and not isinstance(expected, nn.Module):
        check_same(vars(found), vars(expected))
    elif isinstance(expected, tuple | list):
        for one, other in zip(found, expected, strict=True):
            check_same(one, other)
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


OF_ANY_TYPE = {
    f"torch.{name}" for name in ("zeros", "ones", "full", "empty", "rand", "randn", "linspace", "eye", "tensor")
}
OF_WHAT_IS_GIVEN = {"torch.arange", "torch.as_tensor"}
LEFT_OUT = {"benchmark", "ui"}  # they measure the process itself, or only show


def test_tensors_are_made_with_their_type_and_device() -> None:
    package, found = Path(latentdemo.__file__).parent, []
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] in LEFT_OUT:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            needed = {"dtype", "device"} if name in OF_ANY_TYPE else {"device"} if name in OF_WHAT_IS_GIVEN else set()
            if needed - {word.arg for word in getattr(node, "keywords", [])}:
                found.append(f"{path.relative_to(package)}:{node.lineno} {name}")
    assert not found
