"""A ZIP is unpacked and its run made again on the command line."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from latentdemo.checkpoints import load_model, read_config, save_checkpoint
from latentdemo.cli.main import main
from latentdemo.export import GIVEN, Branch, write_settings
from latentdemo.export.latents_file import latents_bytes
from latentdemo.export.run_file import read_settings
from latentdemo.sampling import run_chain
from tests.export.runs import SETTINGS, STEPS, bundle_of, run_of


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return ended.value.code or 0


@pytest.fixture
def settings(tiny_model, tmp_path, monkeypatch):
    """Settings of a run of the only model there is."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path / "checkpoints"))
    folder = tmp_path / "checkpoints" / "own" / "tiny"
    save_checkpoint(folder, tiny_model, "own")
    return replace(SETTINGS, model_sha256=read_config(folder).sha256)


def unpacked(settings, folder: Path, **more) -> Path:
    """A ZIP of a run, unpacked; returns its run.json."""
    bundle = bundle_of(run_of(load_model(settings.model, "cpu"), settings, **more), settings)
    with zipfile.ZipFile(io.BytesIO(bundle.zip())) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder / "run.json"


def test_a_zip_has_everything(settings, tmp_path) -> None:
    folder = unpacked(settings, tmp_path / "zip").parent
    assert {path.name for path in folder.iterdir()} == {
        "comparison.png", "animation.gif", "animation.mp4", "slides.pptx", "summary.pdf", "latents.npz", "run.json",
        "README.txt",
    }  # fmt: skip
    assert "rerun run.json" in (folder / "README.txt").read_text(encoding="utf-8")
    with np.load(folder / "latents.npz") as arrays:
        assert {name: arrays[name].shape for name in arrays} == {f"latents_{step}": (6, 8) for step in STEPS}


def test_the_same_picture_and_latents_come_out_again(settings, tmp_path, capsys) -> None:
    run = unpacked(settings, tmp_path / "zip")
    assert command("rerun", run, "--output", tmp_path / "again", "--device", "cpu") == 0
    captured = capsys.readouterr()
    assert "6 of 6 chains agree" in captured.out
    assert "Warning" not in captured.err
    pictures = [np.asarray(Image.open(folder / "comparison.png")) for folder in (run.parent, tmp_path / "again")]
    assert np.array_equal(*pictures)
    for step in STEPS:
        one, other = (np.load(folder / "latents.npz")[f"latents_{step}"] for folder in (run.parent, tmp_path / "again"))
        assert np.array_equal(one, other)


def test_chains_that_started_at_latents_of_their_own_start_there_again(settings, tmp_path, capsys) -> None:
    start = torch.linspace(-2, 2, 32).reshape(4, 8)
    spec = settings.spec.replaced(start=GIVEN, count=4, noise="shared", options={"decoding": "sample"})
    given = replace(settings, spec=spec)
    run = unpacked(given, tmp_path / "zip", start=start)
    assert command("rerun", run, "--output", tmp_path / "again", "--device", "cpu") == 0
    assert "4 of 4 chains agree" in capsys.readouterr().out
    assert np.array_equal(np.load(tmp_path / "again" / "latents.npz")["latents_0"], start.numpy())
    (run.parent / "latents.npz").unlink()
    assert command("rerun", run, "--output", tmp_path / "third") == 1
    assert "put latents.npz of the same ZIP beside it" in " ".join(capsys.readouterr().err.split())


def test_chains_that_hold_known_pixels_hold_them_again(settings, tmp_path, capsys) -> None:
    known = torch.linspace(0, 1, 256).reshape(1, 16, 16).where(torch.arange(16) > 5, torch.nan)
    held = replace(settings, spec=settings.spec.replaced(known=known))
    run = unpacked(held, tmp_path / "zip")
    assert read_settings(run) == held
    assert command("rerun", run, "--output", tmp_path / "again", "--device", "cpu") == 0
    assert "6 of 6 chains agree" in capsys.readouterr().out
    for name in ("comparison.png", "latents.npz"):
        assert (run.parent / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    (run.parent / "latents.npz").unlink()
    assert command("rerun", run, "--output", tmp_path / "third") == 1
    assert "the run holds pixels that lie there" in " ".join(capsys.readouterr().err.split())


def test_a_branch_with_a_start_of_its_own_starts_there(settings, tmp_path) -> None:
    given = replace(settings, spec=settings.spec.replaced(start=GIVEN, count=4))
    run = run_of(load_model(settings.model, "cpu"), given, start=torch.linspace(-2, 2, 32).reshape(4, 8))
    drawn = Branch(given.spec.replaced(start="prior", steps=0), "drawn")
    other = run_chain(load_model(settings.model, "cpu"), drawn.spec).latents[0]
    (tmp_path / "run.json").write_text(write_settings(replace(given, branches=(drawn,))), encoding="utf-8")
    (tmp_path / "latents.npz").write_bytes(latents_bytes(run.latents, [other]))
    assert command("rerun", tmp_path / "run.json", "--output", tmp_path / "again", "--device", "cpu") == 0
    assert np.array_equal(np.load(tmp_path / "again" / "latents.npz")["branch_0"], other.numpy())


def test_what_is_reported_can_be_read_by_programs(settings, tmp_path, capsys) -> None:
    run, again = unpacked(settings, tmp_path / "zip"), tmp_path / "again"
    assert command("rerun", run, "--output", again, "--device", "cpu", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["wrote"] == [str(again / "comparison.png"), str(again / "latents.npz")]
    assert report["agreement"] == {"agreeing": 6, "count": 6, "difference": 0.0}
    (run.parent / "latents.npz").unlink()
    assert command("rerun", run, "--output", again, "--device", "cpu", "--json") == 0
    assert json.loads(capsys.readouterr().out)["agreement"] is None


def test_other_weights_are_warned_of_and_do_not_agree(settings, tiny_model, tmp_path, capsys) -> None:
    run = unpacked(settings, tmp_path / "zip")
    tiny_model.decoder[0].weight.data.mul_(2)
    save_checkpoint(tmp_path / "checkpoints" / "own" / "tiny", tiny_model, "own")
    assert command("rerun", run, "--output", tmp_path / "again", "--device", "cpu") == 1
    captured = capsys.readouterr()
    assert "the weights of own/tiny are others" in captured.err
    assert "0 of 6 chains agree" in captured.out
    assert (tmp_path / "again" / "comparison.png").exists()


def test_a_run_without_latents_beside_it_is_made_but_not_compared(settings, tmp_path, capsys) -> None:
    run = tmp_path / "run.json"
    run.write_text(write_settings(replace(settings, densities_sha256="cd")), encoding="utf-8")
    assert command("rerun", run, "--output", tmp_path / "again", "--device", "cpu") == 0
    captured = capsys.readouterr()
    assert "no latents.npz beside" in captured.out
    assert "the densities of own/tiny are others" in captured.err


def spoil(run: Path, **changes: object) -> None:
    run.write_text(json.dumps(json.loads(run.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_what_cannot_be_repeated_is_a_message(settings, tmp_path, capsys) -> None:
    run = unpacked(settings, tmp_path / "zip")

    def message(*arguments: object) -> str:
        assert command("rerun", *arguments) == 1
        error = " ".join(capsys.readouterr().err.split())
        assert "Traceback" not in error
        return error

    out = tmp_path / "again"
    assert "would be overwritten" in message(run, "--output", run.parent)
    assert "cannot be read" in message(tmp_path / "none.json", "--output", out)
    assert "cannot be written to" in message(run, "--output", "/dev/null/again")
    spoil(run, count=5)
    assert "does not hold 5 chains" in message(run, "--output", out)
    spoil(run, count=6, kernel="no-such")
    assert "unknown kernel" in message(run, "--output", out)
    spoil(run, kernel="decode-encode", model="../../etc")
    assert "no model" in message(run, "--output", out)
    spoil(run, model="own/tiny")
    (run.parent / "latents.npz").write_bytes(b"PK\x03\x04 not a zip")
    assert "does not hold the latents" in message(run, "--output", out)
    assert not out.exists()
