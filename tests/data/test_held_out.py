import json
from pathlib import Path

import numpy as np
import pytest
import torch

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import DATASETS, ImageSet, read_held_out, write_held_out
from latentdemo.data.avatars import CHOICES, COUNTS, draw_attributes, draw_faces
from latentdemo.errors import DataError

SHIPPED = ("fashion-mnist", "avatars")


def noise(count: int, size: int = 32, channels: int = 1) -> ImageSet:
    pixels = np.random.default_rng(0).integers(0, 256, (count, size, size, channels), np.uint8)
    return ImageSet(pixels, {"class": np.arange(count)}, {"class": ["a", "b"]})


@pytest.mark.parametrize(
    ("name", "size", "channels", "count"),
    [("fashion-mnist", 32, 1, 1), ("fashion-mnist", 32, 1, 7), ("avatars", 64, 3, 4)],
)
def test_images_and_labels_come_back_as_they_were(tmp_path, name: str, size: int, channels: int, count: int) -> None:
    written = noise(count, size, channels)
    write_held_out(tmp_path / "new", name, written)
    read = read_held_out(tmp_path / "new")
    assert read.pixels.dtype == np.uint8
    assert np.array_equal(read.pixels, written.pixels)
    assert read.labels["class"].tolist() == list(range(count))
    assert read.label_names == {"class": ["a", "b"]}
    index = json.loads((tmp_path / "new" / "held-out.json").read_text(encoding="utf-8"))
    assert (index["licence"], index["notice"]) == (DATASETS[name].licence, DATASETS[name].notice)


def edit_index(folder: Path, **changes) -> None:
    path = folder / "held-out.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes))


DAMAGES = {
    "no sheet": lambda folder: (folder / "held-out.webp").unlink(),
    "no index": lambda folder: (folder / "held-out.json").unlink(),
    "sheet cut short": lambda folder: (folder / "held-out.webp").write_bytes(
        (folder / "held-out.webp").read_bytes()[:-100]
    ),
    "no picture": lambda folder: (folder / "held-out.webp").write_bytes(b"<html>"),
    "not JSON": lambda folder: (folder / "held-out.json").write_text("{"),
    "another JSON": lambda folder: (folder / "held-out.json").write_text("[]"),
    "no labels": lambda folder: edit_index(folder, labels=None),
    "too few labels": lambda folder: edit_index(folder, labels={"class": [0]}),
    "too few images": lambda folder: edit_index(folder, count=40, labels={}),
    "another grid": lambda folder: edit_index(folder, columns=5),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_broken_files_are_named_with_the_cure(tmp_path, damage: str) -> None:
    write_held_out(tmp_path, "fashion-mnist", noise(7))
    DAMAGES[damage](tmp_path)
    with pytest.raises(DataError, match=f"{tmp_path}.*latentdemo hold-out"):
        read_held_out(tmp_path)


@pytest.mark.parametrize("name", [name for name in DATASETS if name not in SHIPPED])
def test_only_data_that_may_be_shipped_is_written(tmp_path, name: str) -> None:
    dataset = DATASETS[name]
    with pytest.raises(DataError, match=f"{dataset.title} may not be shipped"):
        write_held_out(tmp_path, name, noise(4, dataset.image_size, dataset.channels))
    assert not list(tmp_path.iterdir())


def test_bytes_become_channels_first_floats_up_to_one() -> None:
    images = noise(5, 16, 3)
    chosen = images.tensor(np.array([4, 1]))
    assert (chosen.shape, chosen.dtype) == ((2, 3, 16, 16), torch.float32)
    assert np.array_equal((chosen * 255).round().numpy(), images.pixels[[4, 1]].transpose(0, 3, 1, 2))


def test_the_shipped_clothes() -> None:
    held_out = read_held_out(checkpoints_dir() / "fashion-mnist")
    assert held_out.pixels.shape == (10_000, 32, 32, 1)
    assert np.bincount(held_out.labels["class"]).tolist() == [1000] * 10
    assert held_out.label_names["class"][9] == "Ankle boot"
    assert held_out.pixels[:, :2].max() == 0


def test_the_shipped_faces_are_those_that_are_drawn_again() -> None:
    held_out = read_held_out(checkpoints_dir() / "avatars")
    assert held_out.pixels.shape == (COUNTS["held-out"], 64, 64, 3) == (5_000, 64, 64, 3)
    rows = np.array([0, 1234, 4999])
    attributes = draw_attributes(sum(COUNTS.values()))[COUNTS["train"] :]
    assert np.array_equal(held_out.pixels[rows], draw_faces(attributes[rows]))
    assert np.array_equal(np.stack([held_out.labels[name] for name in CHOICES], axis=1), attributes)
    assert held_out.label_names == {name: list(options) for name, options in CHOICES.items()}
