import json
import shutil
from dataclasses import replace

import pytest

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import read_held_out
from latentdemo.evaluation import load_report, save_report
from latentdemo.evaluation.report import COMPARISON
from tests.cli.command import run


@pytest.mark.slow
def test_evaluate_writes_the_report_the_card_and_the_table(capsys, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "fashion-mnist"
    shutil.copytree(checkpoints_dir() / "fashion-mnist", folder, ignore=shutil.ignore_patterns("*aae", "dvae"))
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    shipped = read_held_out(folder)
    monkeypatch.setattr("latentdemo.data.load_images", lambda *_: shipped)
    options = ["--samples", "200", "--repeats", "2", "--kernels", "hmc", "--steps", "1", "2"]
    assert run("evaluate", "fashion-mnist/vae", *options) == 0
    report = load_report(folder / "vae")
    assert (report.count, report.seeds) == (100, [0, 1])
    assert {row.steps for row in report.rows if row.kernel == "hmc"} == {1, 2}
    assert "prior, then hmc" in (folder / "vae" / "README.md").read_text(encoding="utf-8")
    assert "hmc" in capsys.readouterr().out
    assert not list(folder.rglob("*unfinished*"))
    save_report(replace(report, rows=[replace(row, milliseconds=0.0) for row in report.rows]), folder / "vae")
    assert run("retime", "fashion-mnist/vae") == 0
    timed = load_report(folder / "vae")
    assert all(row.milliseconds > 0 for row in timed.rows)
    assert [row.figures for row in timed.rows] == [row.figures for row in report.rows]
    (folder / "vae" / "evaluation.json").unlink()
    assert run("evaluate", "fashion-mnist/vae", *options, "--json") == 0
    assert json.loads(capsys.readouterr().out)["count"] == 100
    assert not (folder / "vae" / "evaluation.json").exists()


@pytest.mark.parametrize("as_json", [False, True])
def test_compare_adds_to_the_evaluation_or_prints_the_report(capsys, tmp_path, monkeypatch, as_json: bool) -> None:
    folder = tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(checkpoints_dir() / "fashion-mnist" / "vae", folder)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr("latentdemo.data.load_images", lambda *_: None)

    def stand_in(before, _images, resume_from, **_settings):
        resume_from.mkdir()
        return replace(before, rows=[replace(row, milliseconds=1.25) for row in before.rows])

    monkeypatch.setattr("latentdemo.evaluation.compare_with_pythae", stand_in)
    before = load_report(folder)
    assert run("compare", "fashion-mnist/vae", *(["--json"] if as_json else [])) == 0
    printed = capsys.readouterr().out
    after = load_report(folder)
    assert (after.rows == before.rows) == as_json
    rows = json.loads(printed)["rows"] if as_json else []
    assert all(row["milliseconds"] == 1.25 for row in rows)
    assert bool(rows) == as_json
    assert "1.25" in printed
    assert (folder / COMPARISON).exists() == as_json


def test_a_folder_without_judges_is_said_to_be_empty(capsys, tmp_path) -> None:
    assert run("evaluate", "fashion-mnist/vae", "--judged-by", str(tmp_path)) == 1
    assert "holds no judge" in capsys.readouterr().err


def test_one_model_is_named_or_all_of_them(capsys) -> None:
    assert run("evaluate") == 2
    assert run("evaluate", "fashion-mnist/vae", "--all") == 2
    assert "name a model, or take every one with --all" in capsys.readouterr().err
