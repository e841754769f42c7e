import numpy as np
import pytest
import torch

from latentdemo.engine import RunRequest
from latentdemo.engine.request import MAX_CHAINS, MAX_FIRST, MAX_IMAGE_SIDE, MAX_RESULT_BYTES, MAX_STEPS
from latentdemo.errors import SamplingError
from latentdemo.models import NetworkConfig, build_model

WRONG = {
    "model": (None, 7, b"own/tiny"),
    "kernel": (None, ["hmc"], 1),
    "count": (0, -1, MAX_CHAINS + 1, 10**30, 2.0, "64", True, None, float("nan")),
    "steps": (-1, MAX_STEPS + 1, 1.5, "all", None),
    "seed": (-1, 2**63, "7", None),
    "record": ((), (11,), (-1,), "some", 5, ("1",), (True,), (1.0,), {1: 2}),
    "start": (None, 3, torch.zeros(3), torch.zeros(0, 8), torch.zeros(MAX_CHAINS + 1, 1), [[0.0]]),
    "options": ("decoding", [("decoding", "mean")], {"decoding": None}, {1: "mean"}, {"decoding": ["mean"]}),
    "stop_at": (-0.1, 1.1, float("nan"), "0.5", True),
    "noise": ("none", None, ["own"]),
    "images": (None, 1, "no"),
    "digest": (None, 5),
    "first": (None, -1, MAX_FIRST + 1, 0.5),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_does_not_fit_is_named(name: str, value) -> None:
    with pytest.raises(SamplingError, match=f"^{name}|cannot record"):
        RunRequest.of(**{"model": "own/tiny", name: value})


def test_a_message_stays_short_however_long_the_value() -> None:
    with pytest.raises(SamplingError) as error:
        RunRequest.of("own/tiny", noise="x" * 10_000)
    assert len(str(error.value)) < 200


def test_a_request_holds_copies_of_what_was_checked() -> None:
    start, options, record = torch.zeros(2, 8), {"decoding": "mean"}, [0, 10]
    request = RunRequest.of("own/tiny", start=start, options=options, record=record)
    start.resize_(MAX_CHAINS + 1, 8)
    options["decoding"] = "sample"
    record.append(10**9)
    assert (request.spec.count, request.spec.options, request.kept) == (2, {"decoding": "mean"}, (0, 10))


def test_steps_to_record_may_be_an_array() -> None:
    assert RunRequest.of("own/tiny", record=np.array([2, 0])).kept == (0, 2)


def test_equal_requests_have_equal_keys() -> None:
    latents = torch.randn(4, 8)
    one = RunRequest.of("own/tiny", steps=10, record=(10, 0), options={"decoding": "mean"}, start=latents)
    two = RunRequest.of("own/tiny", steps=np.int64(10), options={"decoding": "mean"}, start=latents.clone(), count=9)
    assert one.key == two.key
    assert hash(one.key) == hash(two.key)
    assert one.spec.count == two.spec.count == 4


@pytest.mark.parametrize(
    "other",
    [
        {"model": "own/other"},
        {"kernel": "hmc"},
        {"count": 65},
        {"steps": 11},
        {"seed": 8},
        {"record": (10,)},
        {"start": "density"},
        {"start": torch.zeros(64, 8)},
        {"options": {"decoding": "sample"}},
        {"stop_at": 0.5},
        {"noise": "shared"},
        {"images": False},
        {"digest": "ab"},
    ],
)
def test_other_requests_have_other_keys(other: dict) -> None:
    assert RunRequest.of("own/tiny").key != RunRequest.of(**{"model": "own/tiny"} | other).key


def test_a_result_weighs_what_was_said(tiny_model) -> None:
    request = RunRequest.of(tiny_model, count=10, steps=3, record="all")
    assert request.result_bytes(tiny_model) >= 4 * 10 * 4 * (16 * 16 + 8)
    request.check_model(tiny_model)


def test_limits_that_a_model_sets(tiny_model) -> None:
    heavy = RunRequest.of(tiny_model, count=MAX_CHAINS, steps=MAX_STEPS, record="all")
    assert heavy.result_bytes(tiny_model) > MAX_RESULT_BYTES
    with pytest.raises(SamplingError, match="fewer"):
        heavy.check_model(tiny_model)
    with pytest.raises(SamplingError, match=str(MAX_IMAGE_SIDE)):
        RunRequest.of("large").check_model(build_model("vae", NetworkConfig(2 * MAX_IMAGE_SIDE, 1, 1, 2), {}, seed=0))
    for start in (torch.zeros(3, 5), torch.full((3, 8), torch.inf)):
        with pytest.raises(SamplingError, match="start"):
            RunRequest.of(tiny_model, start=start).check_model(tiny_model)
