import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from latentdemo.benchmark import soak
from latentdemo.checkpoints import checkpoints_dir, list_models, save_checkpoint
from latentdemo.cli.main import app, gather_values, main
from latentdemo.data import read_held_out
from latentdemo.evaluation import load_report, save_report

SAMPLE = ["sample", "fashion-mnist/dvae", "--device", "cpu"]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code or 0


def test_the_same_comparison_twice_in_two_processes(tmp_path) -> None:
    grids = [tmp_path / "one.png", tmp_path / "two.png"]
    for grid in grids:
        options = ["--count", "64", "--steps", "0", "1", "5", "10", "--seed", "7", "--out", str(grid)]
        subprocess.run([sys.executable, "-m", "latentdemo", *SAMPLE, *options], check=True)
    assert grids[0].read_bytes() == grids[1].read_bytes()
    with Image.open(grids[0]) as picture:
        assert picture.width > 3 * picture.height  # four square sheets side by side
        assert len(picture.getcolors(1 << 20)) > 100


def test_a_folder_of_pictures(tmp_path) -> None:
    assert run(*SAMPLE, "--count", "3", "--steps", "0", "2", "--out", str(tmp_path / "out")) == 0
    files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png"))
    assert files == [f"step-{step}/chain-0000{chain}.png" for step in (0, 2) for chain in range(3)]
    with Image.open(tmp_path / "out" / files[0]) as picture:
        assert picture.size == (32, 32)


def test_arrays(tmp_path) -> None:
    assert run(*SAMPLE, "--count", "3", "--steps", "0,2", "--out", str(tmp_path / "run.npz")) == 0
    with np.load(tmp_path / "run.npz") as arrays:
        assert {name: arrays[name].shape for name in arrays.files} == {
            "images_0": (3, 1, 32, 32),
            "images_2": (3, 1, 32, 32),
            "latents_0": (3, 32),
            "latents_2": (3, 32),
        }


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["sample", "no/model"], 1, "no model"),
        ([*SAMPLE, "--steps", "one"], 1, "whole numbers"),
        ([*SAMPLE, "--count", "0"], 1, "from 1 to 50,000"),
        ([*SAMPLE, "--kernel", "none"], 1, "unknown kernel"),
        ([*SAMPLE, "--decoding", "median"], 1, "median"),
        ([*SAMPLE, "--out", "/dev/null/grid.png"], 1, "choose another --out"),
        (["sample"], 2, "Missing argument"),
        (["train", "no-data", "vae"], 1, "unknown data set"),
        (["train", "fashion-mnist", "vae", "--option", "a=b"], 2, "NAME=NUMBER"),
        (["bogus"], 2, "No such command"),
    ],
)
def test_errors_say_what_to_do_and_set_the_exit_code(capsys, arguments: list[str], code: int, words: str) -> None:
    assert run(*arguments) == code
    captured = capsys.readouterr()
    assert words in " ".join(captured.err.split())
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("command", [each.name or each.callback.__name__ for each in app.registered_commands])
def test_every_command_has_help(capsys, command: str) -> None:
    assert run(command, "--help") == 0
    assert "Usage" in capsys.readouterr().out


def test_models_lists_what_is_shipped(capsys) -> None:
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert list(listed) == list_models()
    assert all(config["measured"]["held_out"]["rmse"] > 0 for config in listed.values())


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


def test_bench_reports_what_was_asked_for(capsys, tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr("latentdemo.benchmark.steps.COUNTS", (2,))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    assert run("bench", "steps", "--model", "own/tiny", "--device", "cpu", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["machine"]
    engine = report["steps"][0]["rows"][0]["engine, ms"]
    assert engine["lower"] <= engine["median"] <= engine["upper"]
    assert run("bench", "luck") == 1


@pytest.mark.parametrize("wrong", [{}, {"/sampling?seed=3": "picture 1 differs by up to 9 grey levels"}])
def test_bench_soak_says_whether_it_held(capsys, monkeypatch, wrong: dict) -> None:
    diary = soak.Diary(seconds={"sampling": [0.5, 1.5]}, wrong=wrong, seen={("sampling", "seed=3"): [b""]})
    diary.memory = diary.threads = [(float(second), 9 * 2**20) for second in range(10)]
    asked = []

    def stand_in(minutes, progress):
        asked.append(minutes)
        return soak.report(diary, minutes, 32, 0)

    monkeypatch.setattr(soak, "soak", stand_in)
    assert run("bench", "--soak", "3") == bool(wrong)
    out = capsys.readouterr().out
    assert ("9 grey levels" in out) == bool(wrong)
    assert run("bench", "--soak", "3", "--json") == bool(wrong)
    report = json.loads(capsys.readouterr().out)
    assert report["holds"]["no wrong picture"] == (not wrong)
    assert report["seconds"]["/sampling"]["p50"] == 1.0
    assert asked == [3.0, 3.0]


def test_gathering_numbers_after_steps() -> None:
    assert gather_values(["--steps", "0", "1", "5", "--seed", "7"]) == ["--steps", "0 1 5", "--seed", "7"]
    assert gather_values(["--steps", "3", "m"]) == ["--steps", "3", "m"]
    assert gather_values(["--kernels", "hmc", "langevin", "a/b"]) == ["--kernels", "hmc langevin", "a/b"]
    assert gather_values(["--count", "3", "4"]) == ["--count", "3", "4"]
