"""Whatever somebody passes to the Python API: an error that says what to do, and no limit passed."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from latentdemo import list_models, load_model, run_chain
from latentdemo.engine import Engine, RunRequest
from latentdemo.engine.request import MAX_CHAINS, MAX_SEED, MAX_STEPS
from latentdemo.errors import LatentdemoError, ModelNotFoundError, SamplingError
from latentdemo.sampling import KERNELS
from latentdemo.sampling.spec import steps_to_record
from tests.engine.stand_ins import NAME
from tests.properties import examples

PATHS = ["..", ".", "/", "//", "\0", "\\", "~", "own", "tiny", "own/tiny", "%2e%2e", "etc/passwd", "model.safetensors"]

numbers = st.one_of(
    st.integers(-3, 20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.integers(-3, 9).map(np.int64),
    st.floats(width=32).map(np.float32),
    st.fractions().map(Fraction),
    st.complex_numbers(),
)
words = st.one_of(
    st.text(max_size=30),
    st.sampled_from([*KERNELS, "prior", "density", "data", "best", "flow", "mixture", "all", "own", "shared", "mean"]),
)
tensors = st.builds(
    lambda shape, dtype, value: torch.full(shape, value).to(dtype),
    st.one_of(st.just([3, 8]), st.lists(st.integers(0, 8), max_size=3)),
    st.sampled_from([torch.float32, torch.float64, torch.float16, torch.int64, torch.bool, torch.complex64]),
    st.floats(-1e30, 1e30) | st.sampled_from([math.nan, math.inf, 0.0]),
)
anything = st.recursive(
    st.one_of(st.none(), numbers, words, st.binary(max_size=9), tensors, st.just(np.arange(3))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(words | st.integers(), inner, max_size=3),
    ),
    max_leaves=5,
)
options = st.one_of(
    st.none(),
    st.dictionaries(
        st.sampled_from(["decoding", "corruption", "density", "model", "self"]) | st.text(max_size=5),
        st.sampled_from(["mean", "sample", "off", "model", "flow", "mixture"]) | words | numbers,
        max_size=2,
    ),
)
LIKELY: dict[str, st.SearchStrategy] = {
    "kernel": st.sampled_from(list(KERNELS)),
    "count": st.integers(1, 9),
    "steps": st.integers(0, 4),
    "seed": st.integers(0, MAX_SEED),
    "record": st.none() | st.just("all") | st.lists(st.integers(0, 4), max_size=4),
    "start": st.sampled_from(["prior", "density", "flow", "mixture"]) | tensors,
    "options": options,
    "stop_at": st.none() | st.floats(0, 1),
    "noise": st.sampled_from(["own", "shared"]),
    "images": st.booleans(),
}


@st.composite
def wishes(draw: st.DrawFn, wrong: int) -> dict[str, Any]:
    """Settings of a run, up to so many of which may be anything."""
    wish = {name: draw(strategy) for name, strategy in LIKELY.items() if draw(st.booleans())}
    for name in draw(st.lists(st.sampled_from(list(LIKELY)), max_size=wrong, unique=True)):
        wish[name] = draw(anything)
    return wish


@pytest.fixture
def tiny(checkpoints):
    return load_model(NAME, "cpu")


def request_or_refusal(*model: Any, **wish: Any) -> RunRequest | str:
    try:
        return RunRequest.of(*model, **wish)
    except SamplingError as error:
        return str(error)


@settings(max_examples=examples(500))
@given(wishes(wrong=3))
def test_a_request_is_within_the_limits_or_refused(wish: dict[str, Any]) -> None:
    request = request_or_refusal(NAME, **wish)
    if isinstance(request, str):
        assert len(request) < 400
        return
    assert 1 <= request.spec.count <= MAX_CHAINS
    assert 0 <= request.spec.steps <= MAX_STEPS
    assert 0 <= request.spec.seed <= MAX_SEED
    assert set(request.kept) <= set(range(request.spec.steps + 1))
    hash(request.key)
    hash(request.spec.way)


@settings(max_examples=examples(200))
@given(anything)
def test_a_model_is_a_name_or_a_model(model: Any) -> None:
    request = request_or_refusal(model)
    assert request.startswith("model is") if isinstance(request, str) else isinstance(model, str)


@settings(max_examples=examples(80))
@given(wish=wishes(wrong=1))
def test_the_engine_runs_or_refuses(engine: Engine, wish: dict[str, Any]) -> None:
    try:
        request = RunRequest.of(NAME, **wish)
        if request.spec.count * max(request.spec.steps, 1) > 1000:
            return  # allowed, and a matter of patience
        run = engine.run(request)
    except LatentdemoError:
        return
    assert list(run.latents) == list(request.kept)
    assert list(run.images) == list(request.kept if request.images else ())
    for rows in (*run.latents.values(), *run.images.values()):
        assert len(rows) == request.spec.count
    assert not engine._admission


@settings(max_examples=examples(120))
@given(wish=wishes(wrong=1))
def test_a_run_without_the_engine_runs_or_refuses(tiny, wish: dict[str, Any]) -> None:
    for name, most in (("count", 20), ("steps", 20)):
        if isinstance(wish.get(name), int) and wish[name] > most:
            wish[name] = most  # what is beyond the engine's limits runs here, and takes as long as it takes
    try:
        run = run_chain(tiny, **wish)
    except LatentdemoError:
        return
    assert run.count >= 1
    assert bool(run.images) == wish.get("images", True)


@settings(max_examples=examples(400))
@given(anything, st.integers(0, 20))
def test_steps_to_record_are_steps_of_the_run(record: Any, steps: int) -> None:
    try:
        kept = steps_to_record(record, steps)
    except SamplingError:
        return
    assert kept
    assert kept <= set(range(steps + 1))


paths = st.lists(st.sampled_from(PATHS) | st.text(max_size=5), max_size=5).map("/".join)


@settings(max_examples=examples(400))
@given(name=paths | words | st.text(min_size=200, max_size=400).map(lambda text: f"{text}/{text}") | anything)
def test_only_models_are_loaded_by_name(checkpoints, name: Any) -> None:
    if isinstance(name, str) and name == NAME:
        return
    with pytest.raises(ModelNotFoundError):
        load_model(name, "cpu")


def test_nothing_outside_the_folder_is_a_model(checkpoints) -> None:
    inner = checkpoints / "own"
    for name in ("../own/tiny", "tiny/..", "./tiny", "tiny/", str(inner / "tiny"), "own/../own/tiny", "own//tiny"):
        with pytest.raises(ModelNotFoundError):
            load_model(name, "cpu", root=inner)
    assert list_models() == [NAME]
