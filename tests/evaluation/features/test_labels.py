"""The classifier of labels alone: it learns, comes back as it was, says what pictures show, and sees no blur."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.functional import gaussian_blur

from latentdemo.data import ImageSet
from latentdemo.errors import (
    CheckpointConfigError,
    CheckpointCorruptError,
    CheckpointDigestError,
    CheckpointFileMissingError,
    CheckpointMismatchError,
    ImageShapeError,
    TrainingError,
)
from latentdemo.evaluation.features import training
from latentdemo.evaluation.features.damage import SOFTENING, blur_matrix
from latentdemo.evaluation.features.label_training import SEED, train_labels
from latentdemo.evaluation.features.labels import FILES, GROUPS, LabelSpace, load_labels, save_labels
from latentdemo.evaluation.features.pseudo_labels import with_pseudo_labels
from tests.evaluation.features.pictures import CLOTHES, clothes, unlabelled


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return clothes(slice(0, 3000))


@pytest.fixture(scope="module")
def trained() -> LabelSpace:
    return train_labels(CLOTHES, clothes(slice(0, 2000)), clothes(slice(2000, 3000)), epochs=5, width=8)


def test_it_learns_and_comes_back_as_it_was_saved(trained, images, tmp_path) -> None:
    assert trained.config.accuracy["class"] > 0.6
    config = save_labels(trained, tmp_path / CLOTHES)
    again = load_labels(CLOTHES, "cpu", beside=tmp_path / CLOTHES)
    batch = images.tensor(slice(0, 50))
    assert torch.equal(again(batch), trained(batch))
    assert again(batch).shape == (50, 128)
    assert again.config == config
    assert again.digest == config.sha256
    assert again.facts()["accuracy"] == trained.config.accuracy
    with pytest.raises(ImageShapeError, match="1, 32, 32"):
        again(torch.rand(2, 3, 32, 32))


def test_it_says_what_pictures_show(trained, images) -> None:
    features = trained(images.tensor(slice(2000, 3000)))
    chosen, chances = trained.classes(features), trained.probabilities(features)
    assert trained.attributes == {"class": 10}
    assert trained.label_names["class"][9] == "Ankle boot"
    assert (chosen["class"].shape, chosen["class"].dtype) == ((1000,), torch.int64)
    right = (chosen["class"].numpy() == images.labels["class"][2000:3000]).mean()
    assert right == pytest.approx(trained.config.accuracy["class"], abs=1e-3)
    assert torch.allclose(chances["class"].sum(dim=1), torch.ones(1000), atol=1e-5)
    assert torch.equal(chances["class"].argmax(dim=1), chosen["class"])


def test_the_same_seed_gives_the_same_and_another_another(images) -> None:
    few = clothes(slice(0, 256))
    first, again, other = (train_labels(CLOTHES, few, few, epochs=1, width=4, depth=2, seed=seed) for seed in (2, 2, 3))
    batch = images.tensor(slice(0, 8))
    assert torch.equal(first(batch), again(batch))
    assert not torch.equal(first(batch), other(batch))
    assert first.config.depth == 2
    assert first.config.training["seed"] == 2


def test_pictures_without_labels_are_told_by_groups_of_look_alikes(tmp_path) -> None:
    train, held_out = unlabelled(clothes(slice(0, 300))), unlabelled(clothes(slice(300, 400)))
    space = train_labels(CLOTHES, train, held_out, epochs=1, width=4)
    assert space.attributes == {"look": 20}
    grouped, _ = with_pseudo_labels(train, held_out, seed=SEED)
    assert space.typical is not None
    for group, picture in enumerate(space.typical):
        row = next(row for row, pixels in enumerate(train.pixels) if np.array_equal(pixels, picture))
        assert grouped.labels["look"][row] == group
    save_labels(space, tmp_path / CLOTHES)
    with Image.open(tmp_path / CLOTHES / GROUPS) as strip:
        assert np.array_equal(np.asarray(strip)[:, 32:64], space.typical[1, ..., 0])
    with pytest.raises(TrainingError, match="both need the same"):
        train_labels(CLOTHES, clothes(slice(0, 300)), held_out, epochs=1)


def test_the_precision_that_it_was_trained_in_is_told(monkeypatch) -> None:
    few = clothes(slice(0, 128))
    for precision in ("float32", "bf16"):
        monkeypatch.setattr(training, "training_precision", lambda _device, told=precision: told)
        assert train_labels(CLOTHES, few, few, epochs=1, width=4).config.training["precision"] == precision
        made = training.train_classifier(CLOTHES, few, few, epochs=1)
        assert made.config.training["precision"] == precision


def test_broken_files_are_named(trained, tmp_path) -> None:
    save_labels(trained, folder := tmp_path / CLOTHES)
    weights, config = folder / FILES.weights, folder / FILES.config
    content, values = weights.read_bytes(), json.loads(config.read_text())

    def load() -> LabelSpace:
        return load_labels(CLOTHES, "cpu", beside=folder)

    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CheckpointDigestError, match="digest"):
        load()
    weights.write_bytes(content[:100])
    with pytest.raises(CheckpointCorruptError, match="truncated"):
        load()
    weights.write_bytes(content)
    config.write_text(json.dumps(values | {"depth": 2}))
    with pytest.raises(CheckpointMismatchError, match="does not fit"):
        load()
    config.write_text("{}")
    with pytest.raises(CheckpointConfigError, match="features DATASET --space labels"):
        load()
    weights.unlink()
    config.write_text(json.dumps(values))
    with pytest.raises(CheckpointFileMissingError, match=r"labels\.safetensors"):
        load()


def test_one_that_was_never_made_says_how(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    with pytest.raises(CheckpointFileMissingError, match=f"features {CLOTHES} --space labels"):
        load_labels(CLOTHES)


def test_the_blur_is_that_of_torchvision() -> None:
    for side in (16, 32, 64):
        pictures, blur = torch.rand(2, 3, side, side), blur_matrix(side, SOFTENING * side, side // 8)
        expected = gaussian_blur(pictures, [side // 4 + 1] * 2, [SOFTENING * side] * 2)
        assert torch.allclose(blur @ pictures @ blur.T, expected, atol=1e-5)
