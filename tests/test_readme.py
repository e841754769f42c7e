"""The examples of the README run as they stand there."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from latentdemo import data
from latentdemo.checkpoints import checkpoints_dir, list_models, model_folder
from latentdemo.cli.tables import advice
from latentdemo.data import ImageSet, read_held_out
from latentdemo.evaluation import load_report
from latentdemo.evaluation.card import with_interval
from latentdemo.evaluation.external.pythae_samplers import IAF, MAF, MIXTURE
from latentdemo.evaluation.report import GAP
from latentdemo.sampling.densities import flow_matching
from tests.densities import shorten_fits

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
FEW = {"train": slice(0, 1500), "held-out": slice(1500, 2500)}


def rows_of(table: str) -> dict[str, list[str]]:
    """Name of a model -> the other cells of its row in the table whose heading begins so."""
    text = README[README.index(table) :].split("\n\n")[0]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:])
    return {re.sub(r"\[(.*)\]\(.*\)", r"\1", name): rest for name, *rest in cells}


def test_figures_are_those_of_the_evaluations() -> None:
    rows = rows_of("| model | plain chain at its best |")
    assert set(rows) == set(list_models())
    for name, cells in rows.items():
        assert cells == advice(model_folder(name))


def test_samplers_of_pythae_are_those_of_the_evaluations() -> None:
    rows = rows_of("| model | recommended here |")
    for name, cells in rows.items():
        report = load_report(model_folder(name))
        theirs = {row.start: row for row in report.rows if row.is_external}
        shown = [report.told, theirs[MIXTURE], theirs[MAF], theirs[IAF]]
        assert cells == [with_interval(row.figures[GAP], 0) for row in shown if row]
    assert set(rows) == {name for name in list_models() if load_report(model_folder(name)).best_external}


@pytest.fixture
def clothes(tmp_path, monkeypatch) -> ImageSet:
    """Some pictures of clothes in place of all, and a folder of checkpoints without any model."""
    shipped = checkpoints_dir() / "fashion-mnist"
    pictures = read_held_out(shipped)
    folder = tmp_path / "checkpoints" / "fashion-mnist"
    folder.mkdir(parents=True)
    for path in shipped.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(folder.parent))
    monkeypatch.chdir(tmp_path)
    few = {split: ImageSet(pictures.pixels[rows], {}) for split, rows in FEW.items()}
    monkeypatch.setattr(data, "load_images", lambda _name, split: few[split])
    return few["train"]


def train_with_pythae(pictures: ImageSet, folder: Path) -> None:
    """What somebody has already: a VAE for 28x28, as the trainer of pythae leaves it."""
    models, pipelines = pytest.importorskip("pythae.models"), pytest.importorskip("pythae.pipelines")
    from pythae.trainers import BaseTrainerConfig  # noqa: PLC0415

    model = models.VAE(models.VAEConfig(input_dim=(1, 28, 28), latent_dim=8, reconstruction_loss="bce"))
    settings = BaseTrainerConfig(output_dir=str(folder), num_epochs=8, learning_rate=1e-3, no_cuda=True)
    images = pictures.tensor(slice(None))[..., 2:-2, 2:-2].contiguous().numpy()
    pipelines.TrainingPipeline(model=model, training_config=settings)(images)
    next(folder.glob("VAE_training_*/final_model")).rename(folder / "final_model")


@pytest.mark.slow
def test_a_vae_of_pythae_gets_chains_and_an_evaluation_in_under_20_lines(
    clothes, tmp_path, monkeypatch, capsys
) -> None:
    (example,) = [each for each in EXAMPLES if "read_pythae" in each]
    assert len([line for line in example.splitlines() if line.strip()]) < 20
    train_with_pythae(clothes, tmp_path / "my_training")
    shorten_fits(monkeypatch)
    monkeypatch.setattr(flow_matching, "MOST_PASSES", 40)  # this density takes the longest, and the example another
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    report = load_report(tmp_path / "checkpoints" / "fashion-mnist" / "my-vae")
    assert names["pictures"].shape == (64, 1, 32, 32)
    assert {row.kernel for row in report.rows} == {"", "transport"}
    assert all(np.isfinite(row.figures["frechet_distance"].mean) for row in report.rows)
    best = max(row.figures["gap_closed"].mean for row in report.rows)
    assert best > 20.0  # the flow finds the encodings of this VAE far better than the prior does
    assert "Interval(mean=0.0" in capsys.readouterr().out
