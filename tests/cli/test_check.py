"""The health of a model on the command line."""

import json

import numpy as np
import pytest

from latentdemo.checkpoints import save_checkpoint
from latentdemo.data import ImageSet, held_out
from latentdemo.evaluation.health.words import CHECKS
from tests.cli.command import run


def test_a_shipped_model_is_looked_at_by_its_evaluation(capsys) -> None:
    assert run("check", "avatars/vae", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["light"] == "amber"
    assert [each["check"] for each in found["findings"]] == [name for name in CHECKS if name != "evaluation"]


@pytest.fixture
def own_model(tiny_model, tmp_path, monkeypatch) -> str:
    """An untrained model with held-out pictures and without an evaluation."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "dvae", tiny_model, "own")
    images = ImageSet(np.random.default_rng(1).integers(0, 255, (120, 16, 16, 1), np.uint8))
    monkeypatch.setattr(held_out, "read_held_out", lambda _folder: images)
    monkeypatch.setattr("latentdemo.data.read_held_out", lambda _folder: images)
    return "own/dvae"


def test_red_is_exit_code_1_and_what_is_missing_is_said(own_model, capsys) -> None:
    assert run("check", own_model) == 1
    told = capsys.readouterr().out
    assert "own/dvae: red" in told
    assert CHECKS["evaluation"].advice["unknown"] in told


def test_a_model_that_is_not_there_is_said(capsys) -> None:
    assert run("check", "avatars/none") == 1
    assert "avatars/none" in capsys.readouterr().err
