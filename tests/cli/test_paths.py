"""Paths on the command line: strips, films and grids through pictures and seeds, and what is measured of them."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data.held_out import held_out_images
from latentdemo.errors import SamplingError
from latentdemo.evaluation.report import SCHEMA, load_report, save_report
from latentdemo.export.files import frames_in
from tests.cli.command import run
from tests.ui.sample_reports import path_report

MODEL = "avatars/vae"


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Four held-out pictures as files."""
    files = [str(tmp_path / f"{number}.png") for number in range(4)]
    for pixels, file in zip(held_out_images(checkpoints_dir() / "avatars").pixels, files, strict=False):
        Image.fromarray(pixels).save(file)
    return files


def interpolate(*arguments: object) -> int:
    return run("interpolate", MODEL, *map(str, arguments), "--device", "cpu")


def test_a_strip_between_two_pictures_keeps_both(pictures, tmp_path, capsys) -> None:
    strips = {}
    for path in ("base", "linear"):
        out = tmp_path / f"{path}.png"
        assert interpolate(*pictures[:2], "--path", path, "--frames", 5, "--out", out) == 0
        with Image.open(out) as picture:
            strips[path] = np.asarray(picture.convert("RGB"))
        assert strips[path].shape == (64, 5 * 64 + 4 * 2, 3)
    assert np.array_equal(strips["base"][:, :64], strips["linear"][:, :64])
    assert np.array_equal(strips["base"][:, -64:], strips["linear"][:, -64:])
    assert not np.array_equal(strips["base"], strips["linear"])
    assert "path base" in capsys.readouterr().out


def test_a_film_through_pictures_and_seeds_ends_before_it_begins_anew(pictures, tmp_path, capsys) -> None:
    out = tmp_path / "walk.mp4"
    assert interpolate(pictures[0], 7, pictures[1], "--loop", "--seconds", 0.5, "--even", "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"out": str(out), "pictures": 3, "frames": 18, "path": "base"}
    with av.open(str(out)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 18
    assert frames[0].shape == (512, 512, 3)


def test_a_grid_between_four_pictures(pictures, tmp_path) -> None:
    out = tmp_path / "grid.png"
    assert interpolate(*pictures, "--grid", "--frames", 3, "--mean-steps", 1, "--out", out) == 0
    with Image.open(out) as picture:
        assert picture.size == (3 * 64 + 2 * 2, 3 * 64 + 2 * 2)


def test_what_cannot_be_laid_is_said(pictures, tmp_path, capsys) -> None:
    def said(*arguments: object) -> str:
        assert interpolate(*arguments) == 1
        error = " ".join(capsys.readouterr().err.split())
        assert "Traceback" not in error
        return error

    (tmp_path / "text.png").write_text("no picture")
    out = tmp_path / "out.png"
    assert "is no picture that can be read" in said(pictures[0], tmp_path / "none.png", "--out", out)
    assert "not a JPEG, PNG or WebP" in said(pictures[0], tmp_path / "text.png", "--out", out)
    assert "a path through 1 latents" in said(pictures[0], "--out", out)
    assert "a grid between 3 corners" in said(*pictures[:3], "--grid", "--out", out)
    assert "unknown path 'cubic'" in said(*pictures[:2], "--path", "cubic", "--out", out)
    assert "name a .png or .mp4 file" in said(*pictures[:2], "--out", tmp_path / "out.gif")
    assert "cannot be written" in said(1, 2, "--out", "/dev/null/out.png")
    assert not out.exists()


@pytest.fixture
def measured(monkeypatch) -> list[dict]:
    """What the measuring was asked for; it is not done."""
    asked: list[dict] = []

    def stand_in(model, **settings):
        asked.append(settings)
        return path_report(base=5.0, arc=9.0)

    monkeypatch.setattr("latentdemo.evaluation.paths.measure_paths", stand_in)
    return asked


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A copy of an evaluated model."""
    folder = tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(checkpoints_dir() / "fashion-mnist" / "vae", folder)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    return folder


def test_what_is_measured_is_added_to_the_evaluation(folder, measured, capsys) -> None:
    before = load_report(folder)
    assert before.schema == SCHEMA
    assert run("paths", "fashion-mnist/vae", "--pairs", "20", "--repeats", "3", "--device", "cpu") == 0
    assert load_report(folder) == replace(before, paths=path_report(base=5.0, arc=9.0))
    assert (measured[0]["pairs"], list(measured[0]["seeds"])) == (20, [0, 1, 2])
    printed = capsys.readouterr().out
    assert "arc, plain steps: 5" in printed
    assert "base space, mean steps: 1" in printed


def test_it_can_be_printed_alone(folder, measured, capsys) -> None:
    before = (folder / "evaluation.json").read_bytes()
    assert run("paths", "fashion-mnist/vae", "--device", "cpu", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["ways"]) == 10
    assert (folder / "evaluation.json").read_bytes() == before


def test_an_evaluation_that_cannot_take_it_up_is_refused_before_anything_is_measured(folder, measured, capsys) -> None:
    values = json.loads((folder / "evaluation.json").read_text())
    report = load_report(folder)
    (folder / "evaluation.json").unlink()
    assert run("paths", "fashion-mnist/vae", "--device", "cpu") == 1
    assert "make it with" in " ".join(capsys.readouterr().err.split())
    assert not measured
    save_report(report, folder)
    assert json.loads((folder / "evaluation.json").read_text()) == values


def test_a_film_without_its_encoder_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "latentdemo.export.animation", raising=False)
    monkeypatch.delattr("latentdemo.export.animation", raising=False)
    with pytest.raises(SamplingError, match="films need the package av: pip install"):
        frames_in(2.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frames", 0], "--frames"),
        (["--frames", 1], "--frames"),
        (["--frames", 10_001], "--frames"),
        (["--mean-steps", -1], "--mean-steps"),
        (["--mean-steps", 1001], "--mean-steps"),
        (["--seconds", 1e9, "--out", "path.mp4"], "--seconds"),
        (["--seconds", 3], "name a .mp4 file"),
        (["--seconds", 3, "--frames", 9, "--out", "path.mp4"], "leave one of them out"),
        (["--grid", "--loop"], "leave --loop out"),
        (["--grid", "--out", "path.mp4"], "name a .png file"),
        (["--grid", "--frames", 101], "that makes 10,201 frames"),
    ],
)
def test_what_has_no_end_or_no_effect_is_refused(options, words: str, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert interpolate(7, 8, 9, 10, *options) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


def test_the_picture_at_fault_is_named(pictures, tmp_path, capsys) -> None:
    (tmp_path / "torn.png").write_bytes(Path(pictures[0]).read_bytes()[:100])
    assert interpolate(pictures[0], tmp_path / "torn.png", "--out", tmp_path / "path.png") == 1
    assert "torn.png" in "".join(capsys.readouterr().err.split())
