import json

import pytest
import torch

from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import CheckpointCorruptError, CheckpointDigestError, CheckpointFileMissingError, ImageShapeError
from latentdemo.evaluation import QualityError, evaluate_model, load_features, save_features, train_classifier
from latentdemo.models import checkpoints_dir, load_model

ROWS = 400


@pytest.fixture(scope="module")
def clothes() -> ImageSet:
    return read_held_out(checkpoints_dir() / "fashion-mnist")


def part(images: ImageSet, rows: slice) -> ImageSet:
    labels = {name: values[rows] for name, values in images.labels.items()}
    return ImageSet(images.pixels[rows], labels, images.label_names)


@pytest.fixture(scope="module")
def trained(clothes: ImageSet):
    return train_classifier("fashion-mnist", part(clothes, slice(0, 2000)), part(clothes, slice(2000, 3000)), epochs=1)


def test_a_classifier_learns_and_comes_back_as_it_was_saved(trained, clothes, tmp_path) -> None:
    assert trained.config.accuracy["class"] > 0.5
    save_features(trained, tmp_path / "fashion-mnist")
    again = load_features("fashion-mnist", "cpu", tmp_path)
    images = clothes.tensor(slice(0, 50))
    assert torch.equal(again(images), trained(images))
    assert again.config.accuracy == trained.config.accuracy
    with pytest.raises(ImageShapeError, match="1, 32, 32"):
        again(torch.rand(2, 3, 32, 32))


def test_broken_files_are_named(trained, tmp_path) -> None:
    folder = tmp_path / "fashion-mnist"
    save_features(trained, folder)
    weights = folder / "features.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CheckpointDigestError, match="digest"):
        load_features("fashion-mnist", "cpu", tmp_path)
    weights.write_bytes(content[:100])
    with pytest.raises(CheckpointCorruptError, match="truncated"):
        load_features("fashion-mnist", "cpu", tmp_path)
    weights.unlink()
    with pytest.raises(CheckpointFileMissingError, match=r"features\.safetensors"):
        load_features("fashion-mnist", "cpu", tmp_path)


def test_the_shipped_classifier_is_as_right_as_it_says(clothes) -> None:
    shipped = load_features("fashion-mnist", "cpu")
    with torch.no_grad():
        logits = shipped.classifier(clothes.tensor(slice(0, 2000)))["class"]
    right = (logits.argmax(1).numpy() == clothes.labels["class"][:2000]).mean()
    assert right == pytest.approx(json.loads((checkpoints_dir() / "fashion-mnist/features.json").read_text())
                                  ["accuracy"]["class"], abs=0.02)  # fmt: skip


def test_a_models_figures_are_ordered_as_they_must_be(clothes) -> None:
    model, features = load_model("fashion-mnist/dvae", "cpu"), load_features("fashion-mnist", "cpu")
    real = part(clothes, slice(0, 5000)), part(clothes, slice(5000, 10_000))
    report = evaluate_model(model, features, *real, steps=(1,), count=ROWS, seeds=(0, 1))
    figures = report["figures"]
    assert list(figures) == ["real data", "ceiling", "step 0", "step 1"]
    assert figures["real data"]["frechet_distance"].mean < figures["ceiling"]["frechet_distance"].mean
    assert figures["ceiling"]["frechet_distance"].mean < figures["step 0"]["frechet_distance"].mean
    assert figures["step 0"]["gap_closed"].mean == 0.0
    gap = [figures[name]["frechet_distance"].mean for name in ("step 0", "step 1", "ceiling")]
    assert figures["step 1"]["gap_closed"].mean == pytest.approx(100 * (gap[0] - gap[1]) / (gap[0] - gap[2]), abs=10)
    assert "gap_closed" not in figures["ceiling"]
    json.dumps(report, default=vars, allow_nan=False)
    assert 0 < figures["step 1"]["precision"].error < 0.2
    assert report["features"]["sha256"] == features.digest


def test_more_images_than_there_are_cannot_be_asked_for(clothes, tiny_model) -> None:
    few = part(clothes, slice(0, 10))
    with pytest.raises(QualityError, match="10 images at most"):
        evaluate_model(tiny_model, load_features("fashion-mnist", "cpu"), few, few, count=11)
