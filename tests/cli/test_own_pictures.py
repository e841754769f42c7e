"""From a folder of pictures to an evaluated model in three commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentdemo.checkpoints import list_models
from latentdemo.data import DATASETS, read_held_out
from latentdemo.evaluation import load_report
from latentdemo.evaluation.features.registry import SPACES
from latentdemo.sampling.densities import flow_matching
from tests.cli.command import run
from tests.densities import shorten_fits

COUNT = 660
QUICK = ["--epochs", "2", "--width", "4", "--latent-size", "4", "--size", "16", "--device", "cpu"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Bright squares of any colour at random places."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path / "models"))
    shorten_fits(monkeypatch)
    monkeypatch.setattr(flow_matching, "MOST_PASSES", 40)
    for name in ("training", "label_training"):
        monkeypatch.setattr(f"latentdemo.evaluation.features.{name}.LEAST_STEPS", 10)
    before = dict(DATASETS)
    folder, generator = tmp_path / "squares", np.random.default_rng(0)
    folder.mkdir()
    for index in range(COUNT):
        pixels = np.zeros((24, 30, 3), np.uint8)
        row, column = generator.integers(0, 16, 2)
        pixels[row : row + 8, column : column + 8] = generator.integers(50, 256, 3)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    yield folder
    DATASETS.clear()
    DATASETS.update(before)


@pytest.mark.slow
def test_three_commands(folder: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("data", "check", str(folder), "--size", "16", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["usable"], report["channels"], report["enough"]) == (COUNT, 3, True)
    assert report["training"] + report["held_out"] == COUNT
    with Image.open(tmp_path / report["preview"]) as preview:
        assert preview.width > 700

    assert run("train", str(folder), "vae", *QUICK) == 0
    said = capsys.readouterr()
    assert "at most 2 epochs of 8 steps: at most about" in " ".join(said.err.split())
    assert "MB in" in said.err
    assert "next: python -m latentdemo evaluate squares/vae" in said.out
    assert list_models() == ["squares/vae"]
    models = tmp_path / "models" / "squares"
    card = (models / "vae" / "README.md").read_text(encoding="utf-8")
    assert f"train {folder} vae --epochs 2" in card
    assert "--patience 20" in card
    assert "--size 16 --name squares" in card
    DATASETS.pop("squares")  # as in another process
    assert len(read_held_out(models)) == report["held_out"]

    options = ["--samples", "200", "--repeats", "2", "--kernels", "decode-encode", "--steps", "1", "--device", "cpu"]
    assert run("evaluate", "squares/vae", *options) == 0
    spaces = {
        name for spec in SPACES.values() if not spec.missing() for name in (spec.files.config, spec.files.weights)
    }
    others = {"groups.png", "held-out.json", "held-out.webp", "pictures.json", "vae"}
    assert {path.name for path in models.iterdir()} == spaces | others
    assert set(json.loads((models / "features.json").read_text())["attributes"]) == {"look", "damage"}
    assert load_report(models / "vae").training_images
    assert "What sampling gains" in (models / "vae" / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_another_folder_of_the_same_name_is_kept_apart(folder: Path, tmp_path: Path, capsys) -> None:
    assert run("train", str(folder), "vae", *QUICK) == 0
    (folder / "0.png").unlink()
    assert run("train", str(folder), "aae", *QUICK) == 1
    assert "choose another --name" in " ".join(capsys.readouterr().err.split())
    assert run("train", str(folder), "aae", *QUICK, "--name", "fewer") == 0
    assert list_models() == ["fewer/aae", "squares/vae"]
    assert run("fit", "squares/vae") == 1
    assert "are not those that the models" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["data", "check", "missing"], "cannot be read"),
        (["data", "check", "missing", "--size", "17"], "power of two"),
        (["train", "missing.zip", "vae"], "cannot be read"),
        (["train", "some/folder", "vae"], "cannot be read"),
        (["train", "no-data", "vae"], "unknown data set"),
    ],
)
def test_errors_say_what_to_do(capsys, arguments: list[str], words: str) -> None:
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert words in " ".join(captured.err.split())
    assert "Traceback" not in captured.err


def test_too_few_pictures_are_said_so(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few").mkdir()
    Image.new("L", (40, 40), 90).save(tmp_path / "few" / "a.png")
    assert run("data", "check", "few") == 1
    assert "Too few" in capsys.readouterr().err
    assert run("train", "few", "vae") == 1
    assert "need 640" in " ".join(capsys.readouterr().err.split())


def test_checking_has_help(capsys) -> None:
    assert run("data", "check", "--help") == 0
    assert "preview" in capsys.readouterr().out
