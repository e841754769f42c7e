import json
from pathlib import Path

import pytest

from latentdemo import load_model
from latentdemo.errors import SamplingError
from latentdemo.evaluation.protocol import plan
from latentdemo.evaluation.unfinished import Measured, Unfinished


def test_the_prior_sample_is_always_measured() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    for walks in (plan(model), plan(model, ["hmc"]), plan(model, ["hmc", "transport"], [3])):
        assert sum(walk.start == "prior" and 0 in walk.steps for walk in walks) == 1
    assert [walk.steps for walk in plan(model, ["hmc"], [3, 0, 1]) if walk.kernel] == [(1, 3)]


def test_what_a_deterministic_encoder_cannot_do_is_left_out() -> None:
    kernels = {walk.kernel for walk in plan(load_model("fashion-mnist/aae", "cpu"))}
    assert "metropolis-within-gibbs" not in kernels
    assert {"decode-encode", "hmc", "transport"} <= kernels


@pytest.mark.parametrize(("kernels", "steps"), [(["gibbs"], None), (None, [-1])])
def test_what_cannot_be_planned_is_refused(kernels, steps) -> None:
    with pytest.raises(SamplingError, match="known are"):
        plan(load_model("fashion-mnist/vae", "cpu"), kernels, steps)


def kept(path: Path | None, settings: list, key: str = "a") -> Measured | None:
    return Unfinished(path, settings).get(key)


def test_an_unfinished_run_goes_on_only_with_the_same_settings(tmp_path) -> None:
    path, measured = tmp_path / "kept.json", {"0": {"recall": 0.5}}
    Unfinished(path, ["digest", 100]).put("a", measured)
    assert kept(path, ["digest", 100]) == measured
    assert kept(path, ["digest", 100], "b") is None
    assert kept(path, ["digest", 200]) is None
    path.write_text(json.dumps({"settings": ["digest", 100]})[:-4])
    assert kept(path, ["digest", 100]) is None
    assert kept(None, []) is None


def test_an_unfinished_run_that_is_interrupted_while_it_writes_loses_nothing(tmp_path, monkeypatch) -> None:
    path = tmp_path / "kept.json"
    Unfinished(path, []).put("a", {"0": {"recall": 0.5}})

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Unfinished(path, []).put("b", {})
    assert json.loads(path.read_text())["parts"] == {"a": {"0": {"recall": 0.5}}}
    assert list(tmp_path.iterdir()) == [path]
