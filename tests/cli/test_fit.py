import json

import pytest

from latentdemo.checkpoints import model_folder
from latentdemo.sampling.densities.store import DensityConfig, read_density_config
from tests.cli.command import run

MODEL = "fashion-mnist/vae"


@pytest.fixture
def asked(monkeypatch) -> list[dict]:
    """What is asked of fitting, which takes a minute; the densities that are shipped stand for what comes of it."""
    found: list[dict] = []

    def stand_in(model, images, held_out, *, progress, **settings) -> DensityConfig:
        found.append({"images": (images, held_out), **settings})
        return read_density_config(model.folder)

    monkeypatch.setattr("latentdemo.sampling.densities.fitting.fit_densities", stand_in)
    monkeypatch.setattr("latentdemo.data.load_images", lambda _name, split, *_: f"{split} images")
    return found


def test_fit_says_how_likely_densities_make_held_out_encodings(asked, capsys) -> None:
    settings = {"epochs": 3, "hidden": 16, "updates": 40, "seed": 5}
    words = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    assert run("fit", MODEL, *words, "--only", "flow", "--only", "mixture", "--device", "cpu") == 0
    assert asked == [{"images": ("train images", "held-out images"), "only": ["flow", "mixture"], **settings}]
    table = capsys.readouterr().err
    config = read_density_config(model_folder(MODEL))
    for name, facts in config.densities.items():
        assert name in table
        assert f"{facts['held_out']:.2f}" in table
        assert all(f"{size:.3f}" in table for size in facts["step_sizes"].values())


def test_fit_reports_to_programs(asked, capsys) -> None:
    assert run("fit", MODEL, "--device", "cpu", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    config = read_density_config(model_folder(MODEL))
    assert (report["densities"], report["sha256"]) == (config.densities, config.sha256)
    assert [each["epochs"] for each in asked] == [20]
