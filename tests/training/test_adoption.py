import json

import numpy as np
import pytest
import torch

from latentdemo import load_model
from latentdemo.checkpoints import read_config
from latentdemo.cli import main, train
from latentdemo.data import ImageSet
from latentdemo.errors import AdapterError
from latentdemo.models import adapt
from latentdemo.models.adapters import read_others
from latentdemo.training import adopt

pythae = pytest.importorskip("pythae.models")


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path / "checkpoints"


@pytest.fixture
def source(tmp_path):
    """What pythae writes: a VAE of 28x28 pictures."""
    pythae.VAE(pythae.VAEConfig(input_dim=(1, 28, 28), latent_dim=6)).save(str(tmp_path / "final_model"))
    return tmp_path / "final_model"


def pictures(count: int, size: int = 32, channels: int = 1) -> ImageSet:
    generator = np.random.default_rng(0)
    pixels = np.zeros((count, size, size, channels), np.uint8)
    pixels[:, 2:-2, 2:-2] = generator.integers(0, 256, (count, size - 4, size - 4, channels))
    return ImageSet(pixels)


def test_what_training_would_have_measured_is_measured(checkpoints, source) -> None:
    train, held_out = pictures(60), pictures(40)
    model = read_others(source, image_size=32)
    adopt(model, "fashion-mnist/theirs", train, held_out)
    again = load_model("fashion-mnist/theirs", "cpu")
    images = held_out.tensor(slice(None))
    error = (again.decode(again.encode(images).mean).mean - images).square().mean().sqrt().item()
    config = read_config(checkpoints / "fashion-mnist" / "theirs")
    assert config.measured["held_out"]["rmse"] == pytest.approx(error, abs=1e-4)
    assert again.residual_std == pytest.approx(error, rel=0.05)
    card = (checkpoints / "fashion-mnist" / "theirs" / "README.md").read_text()
    assert "pythae, VAEConfig" in card
    assert "without a margin of 2" in card
    assert (checkpoints / "fashion-mnist" / "theirs" / "preview.png").stat().st_size > 1000


def test_a_model_of_other_pictures_is_refused_and_nothing_written(checkpoints, source) -> None:
    for model, images in (
        (read_others(source), pictures(40)),  # without the margin of the data set
        (read_others(source, image_size=32), pictures(40, channels=3)),
        (read_others(source, image_size=64), pictures(40, size=64)),  # a margin of 18
    ):
        with pytest.raises(AdapterError, match="it is for others"):
            adopt(model, "fashion-mnist/theirs", images, images)
    assert not checkpoints.exists()


def test_functions_have_nothing_to_be_written(checkpoints) -> None:
    model = adapt(lambda x: x.flatten(1), lambda z: z.view(-1, 1, 32, 32), 1024, (1, 32, 32), device="cpu")
    with pytest.raises(AdapterError, match=r"torch\.export"):
        adopt(model, "fashion-mnist/theirs", pictures(40), pictures(40))
    assert not checkpoints.exists()


def test_a_folder_that_nothing_known_wrote_is_told_what_is(tmp_path) -> None:
    with pytest.raises(AdapterError, match=r"model_config\.json, description\.json, config\.json"):
        read_others(tmp_path)


def test_the_command_takes_a_folder_in_and_says_what_is_next(checkpoints, source, monkeypatch, capsys) -> None:
    monkeypatch.setattr(train, "images_of", lambda *_: (pictures(60), pictures(40)))
    with pytest.raises(SystemExit) as done:
        main(["adopt", str(source), "fashion-mnist/theirs"])
    assert done.value.code == 0
    assert "python -m latentdemo evaluate fashion-mnist/theirs" in capsys.readouterr().out
    config = json.loads((checkpoints / "fashion-mnist" / "theirs" / "config.json").read_text())
    assert (config["family"], config["network"]["margin"]) == ("pythae", 2)
    before = torch.load(source / "model.pt", weights_only=True)["model_state_dict"]
    after = load_model("fashion-mnist/theirs", "cpu").state_dict()
    assert all(torch.equal(before[name.removeprefix("networks.")], value) for name, value in after.items())
    with pytest.raises(SystemExit) as again:
        main(["adopt", str(source), "fashion-mnist/theirs"])
    assert again.value.code == 2
