"""The spaces that every evaluation is taken in: what they are called, and how the missing ones are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from latentdemo.data import ImageSet
from latentdemo.evaluation import EvaluationError, FeatureSpace
from latentdemo.evaluation.features import registry
from latentdemo.evaluation.features.files import SpaceFiles
from latentdemo.evaluation.features.imagenet import ImageNetConfig
from latentdemo.evaluation.features.registry import SPACES, load_spaces, make_missing_spaces, space_spec
from latentdemo.evaluation.features.space import SpaceSpec
from tests.evaluation.features.pictures import CLOTHES

FEW = ImageSet(np.zeros((10, 16, 16, 1), np.uint8))


def stand_in(name: str, made: list[tuple], missing: str | None = None) -> SpaceSpec:
    """A space that is made at once and holds nothing."""
    files = SpaceFiles(name, name)

    def make(dataset, train, held_out, *, epochs, seed, device, on_batch) -> FeatureSpace:
        on_batch(1, 2, None)
        on_batch(2, 2, 0.5)
        made.append((name, dataset, len(train), len(held_out), epochs, seed, device))
        return FeatureSpace(nn.Flatten(), name)

    def save(space, folder):
        return files.write(folder, {"none": torch.zeros(1)}, ImageNetConfig(CLOTHES, space.name, "", 1, 1.0, 1, 0))

    def load(dataset, device=None, *, beside=None) -> FeatureSpace:
        return FeatureSpace(nn.Flatten(), f"{name} of {dataset}")

    return SpaceSpec(f"what {name} sees", files, load, make, save, lambda: missing)


@pytest.fixture
def spaces(monkeypatch, tmp_path) -> list[tuple]:
    """What is made by three stand-ins, one of which cannot be."""
    made: list[tuple] = []
    found = [stand_in("first", made), stand_in("second", made, "Run: pip install second"), stand_in("third", made)]
    monkeypatch.setattr(registry, "SPACES", {spec.name: spec for spec in found})
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    return made


def test_spaces_have_names_titles_and_files_of_their_own() -> None:
    assert list(SPACES) == ["damage", "labels", "imagenet"]
    assert [spec.title for spec in SPACES.values()] == ["labels and damage", "labels alone", "ImageNet"]
    assert [spec.files.config for spec in SPACES.values()] == ["features.json", "labels.json", "imagenet.json"]
    assert space_spec("labels") is SPACES["labels"]
    with pytest.raises(EvaluationError, match="known are damage, labels, imagenet"):
        space_spec("pixels")


def test_what_is_missing_is_made_once(spaces, tmp_path) -> None:
    folder, told, configs = tmp_path / CLOTHES, [], []
    for _ in range(2):
        make_missing_spaces(folder, FEW, FEW, "cpu", lambda *each: told.append(each), configs.append)
    assert [each[0] for each in spaces] == ["first", "third"]
    assert spaces[0][1:] == (CLOTHES, 10, 10, None, None, "cpu")
    words = "making the feature space of what first sees"
    assert told[:2] == [(words, 1, 2), (f"{words}, loss 0.50", 2, 2)]
    assert [each.network for each in configs] == ["first", "third"]
    assert all(len(each.sha256) == 64 for each in configs)
    assert sorted(path.name for path in folder.iterdir()) == [
        *("first.json", "first.safetensors", "third.json", "third.safetensors")
    ]


def test_those_at_hand_are_loaded_in_order(spaces, tmp_path) -> None:
    assert load_spaces(CLOTHES) == {}
    make_missing_spaces(tmp_path / "elsewhere" / CLOTHES, FEW, FEW)
    assert load_spaces(CLOTHES) == {}
    found = load_spaces(CLOTHES, beside=tmp_path / "elsewhere" / CLOTHES)
    assert {name: space.name for name, space in found.items()} == {
        "first": f"first of {CLOTHES}",
        "third": f"third of {CLOTHES}",
    }


def test_another_folder_that_has_a_space_is_enough(spaces, tmp_path, monkeypatch) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{own}:{shipped}")
    make_missing_spaces(shipped / CLOTHES, FEW, FEW)
    spaces.clear()
    make_missing_spaces(own / CLOTHES, FEW, FEW)
    assert spaces == []


def test_a_configuration_keeps_what_it_says(tmp_path) -> None:
    files = SpaceFiles("own", "own")
    config = ImageNetConfig("own", "network", "", 1, 0.5, 3, 0)
    written = files.write(tmp_path, {"none": torch.zeros(1)}, config)
    assert replace(written, sha256="") == config
    assert files.read_config(tmp_path, lambda values: ImageNetConfig(**values)) == written
