"""An operating rule comes back from its file as it was, and is not followed where anything else is there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import torch

from latentdemo.errors import OperatingRuleError, SamplingError
from latentdemo.reviews.rule import Gate, OperatingRule, check_model, read_rule, rule_for, write_rule
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.sampling.kernels.decode_encode import DecodeEncode

NAME = "fashion-mnist/dvae"


@pytest.fixture(scope="module")
def rule() -> OperatingRule:
    way = ChainSpec("hmc", {"density": "flow"}, "density", steps=3, stop_at=0.5, noise="shared")
    return rule_for(NAME, way, Gate(0.05, "mixture"), 0.08, date(2027, 5, 1))


def written(rule: OperatingRule, folder: Path, **changes) -> Path:
    """The file of a rule, with changes."""
    path = folder / "rule.json"
    path.write_text(json.dumps(json.loads(write_rule(rule)) | changes), encoding="utf-8")
    return path


def test_a_rule_comes_back_as_it_was(rule: OperatingRule, tmp_path) -> None:
    assert read_rule(written(rule, tmp_path)) == rule
    plain = rule_for(NAME, ChainSpec(steps=1))
    assert read_rule(written(plain, tmp_path)) == plain


def test_count_and_seed_are_no_part_of_a_rule(rule: OperatingRule) -> None:
    assert write_rule(replace(rule, way=rule.way.replaced(count=3, seed=99))) == write_rule(rule)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "schema: Input should be 1"),
        ({"model": ""}, "model: "),
        ({"way": {"kernel": "hmc"}}, "way.options: Field required"),
        ({"gate": {"share": 1.5, "density": "best"}}, "gate.share: "),
        ({"gate": {"share": True, "density": "best"}}, "gate.share: "),
        ({"expected_rejected": -0.1}, "expected_rejected: "),
        ({"review_by": "next spring"}, "review_by: "),
        ({"colour": "red"}, "colour: Extra inputs"),
    ],
)
def test_what_cannot_be_followed_is_named(rule: OperatingRule, tmp_path, changes: dict, words: str) -> None:
    path = written(rule, tmp_path, **changes)
    with pytest.raises(OperatingRuleError) as caught:
        read_rule(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", "", "\x00"])
def test_other_files_are_refused(tmp_path, content: str) -> None:
    (tmp_path / "rule.json").write_text(content)
    with pytest.raises(OperatingRuleError, match="no rule that can be followed"):
        read_rule(tmp_path / "rule.json")
    with pytest.raises(OperatingRuleError, match="cannot be read"):
        read_rule(tmp_path / "missing.json")


def test_chains_that_cannot_be_run_are_refused(rule: OperatingRule, tmp_path) -> None:
    way = json.loads(write_rule(rule))["way"]
    with pytest.raises(SamplingError, match="options is"):
        read_rule(written(rule, tmp_path, way=way | {"options": {"density": ["flow"]}}))


def test_a_rule_of_another_model_is_not_followed(rule: OperatingRule) -> None:
    check_model(rule)
    with pytest.raises(OperatingRuleError, match="weights of fashion-mnist/dvae are others"):
        check_model(replace(rule, model_sha256="0"))
    with pytest.raises(OperatingRuleError, match="densities of fashion-mnist/dvae are others"):
        check_model(replace(rule, densities_sha256="0"))


def test_densities_count_only_where_they_are_used() -> None:
    assert rule_for(NAME, ChainSpec(steps=1)).densities_sha256 == ""
    for way in (ChainSpec("hmc"), ChainSpec(start="density"), ChainSpec(stop_at=0.5)):
        assert rule_for(NAME, way).densities_sha256 != ""
    assert rule_for(NAME, ChainSpec(), Gate(0.1)).densities_sha256 != ""


def test_what_has_no_name_is_no_rule(tiny_model) -> None:
    latents = torch.zeros(2, 32, dtype=torch.float32, device="cpu")
    for way in (
        ChainSpec(DecodeEncode(tiny_model)),
        ChainSpec(start=latents),
        ChainSpec(density=GaussianMixture(32, 2)),
    ):
        with pytest.raises(OperatingRuleError, match="needs names"):
            rule_for(NAME, way)


def test_people_are_asked_again_after_the_day(rule: OperatingRule) -> None:
    assert not rule.is_due(date(2027, 5, 1))
    assert rule.is_due(date(2027, 5, 2))
    assert not replace(rule, review_by=None).is_due(date(2099, 1, 1))
