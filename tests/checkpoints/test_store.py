import json
import pickle
from pathlib import Path

import pytest
import torch

from latentdemo import list_models, load_model
from latentdemo.checkpoints import checkpoints_dir, save_checkpoint
from latentdemo.data import read_held_out
from latentdemo.errors import (
    CheckpointConfigError,
    CheckpointCorruptError,
    CheckpointDigestError,
    CheckpointFileMissingError,
    CheckpointMismatchError,
    ModelNotFoundError,
    UnknownFamilyError,
)
from latentdemo.models import FAMILIES, NetworkConfig, build_model

LIMIT = 13_000_000  # bytes of a shipped model


@pytest.fixture
def saved(tiny_model, tmp_path) -> Path:
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    return tmp_path


def edit_config(root: Path, **changes) -> None:
    path = root / "own" / "tiny" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_comes_back_as_it_was_saved(family: str, tmp_path) -> None:
    model = build_model(family, NetworkConfig(16, 3, 8, 4), {"residual_std": 0.25}, seed=0).eval()
    save_checkpoint(tmp_path / "own" / family, model, "own")
    again = load_model(f"own/{family}", "cpu", tmp_path)
    assert (again.family, again.network, again.options()) == (model.family, model.network, model.options())
    assert again.residual_std == 0.25
    images = torch.rand(4, 3, 16, 16)
    with torch.no_grad():
        assert torch.allclose(again.encode(images).mean, model.encode(images).mean, atol=2e-2)
        assert torch.allclose(again.decode(torch.ones(2, 4)).mean, model.decode(torch.ones(2, 4)).mean, atol=2e-2)
    assert not again.training
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_what_only_training_needs_is_not_stored(tmp_path) -> None:
    for width in (8, 512):
        model = build_model("aae", NetworkConfig(16, 1, 4, 4), {"adversary_width": width}, seed=0)
        save_checkpoint(tmp_path / str(width), model, "own")
    sizes = [(tmp_path / str(width) / "model.safetensors").stat().st_size for width in (8, 512)]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(saved, name: str) -> None:
    (saved / "own" / "tiny" / name).unlink()
    with pytest.raises(CheckpointFileMissingError, match=name):
        load_model("own/tiny", "cpu", saved)


@pytest.mark.parametrize("kept", [0, 7, 100, 0.9])
def test_truncated_weights_are_named(saved, kept: float) -> None:
    path = saved / "own" / "tiny" / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    with pytest.raises(CheckpointCorruptError, match=r"model\.safetensors is truncated"):
        load_model("own/tiny", "cpu", saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"family": "vae"}', '{"network": 3}'])
def test_a_broken_configuration_is_named(saved, text: str) -> None:
    (saved / "own" / "tiny" / "config.json").write_text(text)
    with pytest.raises(CheckpointConfigError, match=r"config\.json"):
        load_model("own/tiny", "cpu", saved)


def test_an_unknown_family_is_named(saved) -> None:
    edit_config(saved, family="gan")
    with pytest.raises(UnknownFamilyError, match="gan"):
        load_model("own/tiny", "cpu", saved)


def test_a_digest_that_does_not_match_is_named(saved) -> None:
    edit_config(saved, sha256="0" * 64)
    with pytest.raises(CheckpointDigestError, match="000000000000"):
        load_model("own/tiny", "cpu", saved)


@pytest.mark.parametrize("network", [{"width": 8}, {"image_size": 32}, {"latent_size": 9}])
def test_weights_that_do_not_fit_are_named(saved, network: dict) -> None:
    edit_config(saved, network={"image_size": 16, "channels": 1, "width": 4, "latent_size": 8} | network)
    with pytest.raises(CheckpointMismatchError, match="does not fit"):
        load_model("own/tiny", "cpu", saved)


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


def test_a_pickle_is_refused_and_never_run(saved, monkeypatch) -> None:
    monkeypatch.chdir(saved)
    (saved / "own" / "tiny" / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointCorruptError):
        load_model("own/tiny", "cpu", saved)
    assert not (saved / "exploded").exists()


@pytest.mark.parametrize("name", ["own/other", "../own/tiny", "own/../own/tiny", "/etc", "", "own"])
def test_an_unknown_name_is_answered_with_the_known_ones(saved, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="own/tiny"):
        load_model(name, "cpu", saved)


def test_listing(saved, tmp_path_factory) -> None:
    assert list_models(saved) == ["own/tiny"]
    assert list_models(tmp_path_factory.mktemp("empty")) == []


def test_a_model_of_each_family_is_shipped_small_with_its_card() -> None:
    datasets = {name.split("/")[0] for name in list_models()}
    assert set(list_models()) == {f"{dataset}/{family}" for dataset in datasets for family in FAMILIES}
    for name in list_models():
        folder = checkpoints_dir() / name
        assert (folder / "model.safetensors").stat().st_size < LIMIT
        assert f"python -m latentdemo train {name.replace('/', ' ')}" in (folder / "README.md").read_text()
        assert (folder / "preview.png").exists()


@pytest.mark.parametrize("name", list_models())
def test_a_shipped_model_rebuilds_images_it_has_not_seen(name: str) -> None:
    model = load_model(name, "cpu")
    images = read_held_out(checkpoints_dir() / name.split("/", maxsplit=1)[0]).tensor(slice(0, 200))
    error = (model.decode(model.encode(images).mean).mean - images).square().mean().sqrt().item()
    spread = (images - images.mean(0)).square().mean().sqrt().item()
    assert error < 0.5 * spread
    assert 0.5 * error < model.residual_std < 2 * error
