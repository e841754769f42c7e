import numpy as np
import pytest

from latentdemo.data import ImageSet, load_images, read_held_out, write_held_out
from latentdemo.data.avatars import COUNTS, draw_attributes, draw_faces
from latentdemo.errors import DataError
from latentdemo.models import checkpoints_dir


@pytest.mark.parametrize(("name", "shape"), [("fashion-mnist", (7, 32, 32, 1)), ("avatars", (5, 64, 64, 3))])
def test_images_and_labels_come_back_as_they_were(tmp_path, name: str, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    written = ImageSet(pixels, {"class": np.arange(shape[0])}, {"class": ["a", "b"]})
    write_held_out(tmp_path, name, written)
    read = read_held_out(tmp_path)
    assert np.array_equal(read.pixels, pixels)
    assert np.array_equal(read.labels["class"], np.arange(shape[0]))
    assert read.label_names == {"class": ["a", "b"]}


@pytest.mark.parametrize("damage", ["missing", "truncated", "not JSON"])
def test_broken_files_are_named(tmp_path, damage: str) -> None:
    write_held_out(
        tmp_path, "fashion-mnist", ImageSet(np.random.default_rng(0).integers(0, 256, (4, 32, 32, 1), np.uint8))
    )
    if damage == "missing":
        (tmp_path / "held-out.webp").unlink()
    elif damage == "truncated":
        (tmp_path / "held-out.webp").write_bytes((tmp_path / "held-out.webp").read_bytes()[:30])
    else:
        (tmp_path / "held-out.json").write_text("{")
    with pytest.raises(DataError, match="hold-out"):
        read_held_out(tmp_path)


def test_only_data_that_may_be_shipped_is_written(tmp_path) -> None:
    with pytest.raises(DataError, match="may not be shipped"):
        write_held_out(tmp_path, "celeba", ImageSet(np.zeros((4, 64, 64, 3), np.uint8)))


def test_the_shipped_clothes() -> None:
    held_out = read_held_out(checkpoints_dir() / "fashion-mnist")
    assert held_out.pixels.shape == (10_000, 32, 32, 1)
    assert np.bincount(held_out.labels["class"]).tolist() == [1000] * 10
    assert held_out.label_names["class"][9] == "Ankle boot"


def test_the_shipped_faces_are_those_that_are_drawn_again() -> None:
    held_out = read_held_out(checkpoints_dir() / "avatars")
    assert held_out.pixels.shape == (COUNTS["held-out"], 64, 64, 3)
    rows = np.array([0, 1234, 4999])
    attributes = draw_attributes(sum(COUNTS.values()))[COUNTS["train"] :][rows]
    assert np.array_equal(held_out.pixels[rows], draw_faces(attributes))
    assert held_out.labels["hair"][rows].tolist() == attributes[:, 0].tolist()


def test_an_unknown_data_set_is_named() -> None:
    with pytest.raises(DataError, match="fashion-mnist"):
        load_images("no-such", "train")
