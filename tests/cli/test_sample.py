import json
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
from PIL import Image

from latentdemo.reviews.rule import Gate, rule_for, write_rule
from latentdemo.sampling import ChainSpec
from tests.cli.command import run

SAMPLE = ["sample", "fashion-mnist/dvae", "--device", "cpu"]


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("name", "words"),
    [("few.jpg", "neither a .png nor an .npz"), ("", "neither a file nor a folder"), ("out", "earlier")],
)
def test_what_nobody_means_is_not_written(name: str, words: str, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / "step-5").mkdir(parents=True)
    assert run(*SAMPLE, "--count", "2", "--steps", "0", "--out", name) == 1
    assert words in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "step-5"]


def test_arrays(tmp_path) -> None:
    assert run(*SAMPLE, "--count", "3", "--steps", "0,2", "--out", str(tmp_path / "run.npz")) == 0
    with np.load(tmp_path / "run.npz") as arrays:
        assert {name: arrays[name].shape for name in arrays.files} == {
            "images_0": (3, 1, 32, 32),
            "images_2": (3, 1, 32, 32),
            "latents_0": (3, 32),
            "latents_2": (3, 32),
        }


def test_json_says_what_was_written(capsys, tmp_path) -> None:
    out = tmp_path / "few.png"
    assert run(*SAMPLE, "--count", "3", "--steps", "0", "2", "--out", str(out), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["out"], report["chains"], report["steps"]) == (str(out), 3, [0, 2])
    assert report["milliseconds_an_image"] > 0


def test_options_reach_the_kernel(tmp_path) -> None:
    latents = {}
    for name, options in {
        "usual": [],
        "named": ["--decoding", "sample"],
        "paired": ["--option", "decoding=sample"],
    }.items():
        out = tmp_path / f"{name}.npz"
        assert run(*SAMPLE, "--count", "2", "--steps", "1", *options, "--out", str(out)) == 0
        with np.load(out) as arrays:
            latents[name] = arrays["latents_1"]
    assert np.array_equal(latents["named"], latents["paired"])
    assert not np.array_equal(latents["named"], latents["usual"])


def test_options_that_a_kernel_does_not_take_are_refused_by_name(capsys) -> None:
    assert run(*SAMPLE, "--kernel", "hmc", "--decoding", "sample") == 1
    assert "'decoding'" in capsys.readouterr().err
    assert run(*SAMPLE, "--option", "decoding") == 2
    assert "NAME=VALUE" in capsys.readouterr().err


@pytest.fixture
def rule(tmp_path) -> str:
    """The file of a rule whose gate sends some samples back, and whose day has passed."""
    found = rule_for("fashion-mnist/dvae", ChainSpec(steps=2), Gate(0.3), 0.25, date(2020, 1, 1))
    (tmp_path / "rule.json").write_text(write_rule(found), encoding="utf-8")
    return str(tmp_path / "rule.json")


def test_a_rule_is_followed_and_says_what_it_sent_back(capsys, tmp_path, rule: str) -> None:
    gated, plain = tmp_path / "gated.npz", tmp_path / "plain.npz"
    here = ["--count", "24", "--device", "cpu"]
    assert run("sample", "--rule", rule, *here, "--out", str(gated), "--json") == 0
    said = capsys.readouterr()
    report = json.loads(said.out)
    assert (report["out"], report["chains"], report["steps"], report["expected"]) == (str(gated), 24, [2], 0.25)
    assert report["drawn"] > 24
    assert report["rejected"] == pytest.approx(1.0 - 24 / report["drawn"])
    assert "asked again by 2020-01-01" in said.err

    assert run("sample", "fashion-mnist/dvae", *here, "--steps", "2", "--out", str(plain)) == 0
    with np.load(gated) as found, np.load(plain) as chains:
        assert found["latents_2"].shape == (24, 32)
        same = (found["latents_2"] == chains["latents_2"]).all(axis=1)
    assert 0 < same.sum() < 24  # The others were sent back.


def test_a_rule_in_words(capsys, tmp_path, rule: str) -> None:
    assert run("sample", "--rule", rule, "--count", "24", "--device", "cpu", "--out", str(tmp_path / "x.png")) == 0
    said = capsys.readouterr().out
    assert "24 chains, step 2" in said
    assert "less likely than 30 % of real ones, and drawn again; 25.0 % were expected" in said


def test_what_a_rule_says_is_not_said_beside_it(capsys, rule: str) -> None:
    for beside in (["fashion-mnist/dvae"], ["--steps", "2"], ["--option", "decoding=mean"]):
        assert run("sample", *beside, "--rule", rule) == 2
        assert "already" in capsys.readouterr().err
    assert run("sample", "--rule", "nowhere.json") == 1
    assert "nowhere.json cannot be read" in capsys.readouterr().err


def test_what_only_a_cluster_does_needs_one(capsys, tmp_path, rule: str) -> None:
    for option in (["--workers", "2"], ["--gpus-per-worker", "0.5"], ["--format", "png"], ["--dashboard"]):
        assert run(*SAMPLE, *option) == 2
        assert "name that, too" in capsys.readouterr().err
    assert run("sample", "--rule", rule, "--on", "ray") == 2
    assert "leave --on out" in capsys.readouterr().err


def test_a_cluster_that_is_none_is_told(capsys, tmp_path) -> None:
    assert run(*SAMPLE, "--on", "nowhere", "--out", str(tmp_path / "out")) == 1
    assert "no cluster is called 'nowhere'" in capsys.readouterr().err
