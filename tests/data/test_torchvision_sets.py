"""Tiny files in each data set's real format, read through torchvision's own classes."""

import gzip
import hashlib
import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import scipy.io
import torchvision.datasets as tv
from PIL import Image

from latentdemo.data import ImageSet, images, load_images
from latentdemo.errors import DataError

COUNT = 6
GENERATOR = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def no_network(monkeypatch) -> None:
    def refuse(*args, **kwargs) -> None:
        raise URLError("no network")

    for module in (tv.mnist, tv.cifar, tv.utils):
        monkeypatch.setattr(module, "download_and_extract_archive", refuse)
    monkeypatch.setattr(tv.svhn, "download_url", refuse)
    monkeypatch.setattr(tv.celeba, "download_file_from_google_drive", refuse)


def idx(array: np.ndarray) -> bytes:
    """An array in the IDX format of MNIST."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def mnist_files() -> Iterator[tuple[str, bytes]]:
    for part in ("train", "t10k"):
        yield f"{part}-images-idx3-ubyte", idx(GENERATOR.integers(0, 256, (COUNT, 28, 28), np.uint8))
        yield f"{part}-labels-idx1-ubyte", idx(np.arange(COUNT, dtype=np.uint8))


def check_grey(read: ImageSet) -> None:
    assert read.pixels.shape == (COUNT, 32, 32, 1)
    assert read.pixels.dtype == np.uint8
    assert read.pixels[:, :2].max() == read.pixels[:, -2:].max() == read.pixels[:, :, :2].max() == 0
    assert read.pixels[:, 2:-2, 2:-2].std() > 50
    assert read.labels["class"].tolist() == list(range(COUNT))
    assert len(read.label_names["class"]) == 10


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("split", ["train", "held-out"])
def test_fashion_mnist_from_the_four_files(tmp_path, monkeypatch, packed: bool, split) -> None:
    monkeypatch.setenv("LATENTDEMO_DATA", str(tmp_path / "cache"))
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in mnist_files():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content)) if packed else (folder / name).write_bytes(content)
    check_grey(load_images("fashion-mnist", split, folder))
    if packed:  # a system's folder is not written to
        assert {path.suffix for path in folder.iterdir()} == {".gz"}


@pytest.mark.parametrize(("name", "class_name"), [("mnist", "MNIST"), ("kmnist", "KMNIST")])
def test_mnist_and_kmnist_from_torchvisions_folder(tmp_path, name: str, class_name: str) -> None:
    raw = tmp_path / class_name / "raw"
    raw.mkdir(parents=True)
    for file, content in mnist_files():
        (raw / file).write_bytes(content)
    check_grey(load_images(name, "train", tmp_path))


def test_cifar_10(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()

    def write(name: str, content: dict) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    rows = GENERATOR.integers(0, 256, (COUNT, 3072), np.uint8)
    batch = {"data": rows, "labels": list(range(COUNT))}
    monkeypatch.setattr(tv.CIFAR10, "train_list", [write("data_batch_1", batch)])
    monkeypatch.setattr(tv.CIFAR10, "test_list", [write("test_batch", batch)])
    meta = write("batches.meta", {"label_names": [f"name {index}" for index in range(10)]})
    monkeypatch.setattr(tv.CIFAR10, "meta", {"filename": meta[0], "key": "label_names", "md5": meta[1]})
    read = load_images("cifar-10", "train", tmp_path)
    assert read.pixels.shape == (COUNT, 32, 32, 3)
    assert np.array_equal(read.pixels[0, :, :, 2].ravel(), rows[0, 2048:])
    assert read.label_names["class"][3] == "name 3"


def test_svhn(tmp_path, monkeypatch) -> None:
    pixels = GENERATOR.integers(0, 256, (32, 32, 3, COUNT), np.uint8)
    path = tmp_path / "train_32x32.mat"
    scipy.io.savemat(path, {"X": pixels, "y": np.arange(1, COUNT + 1)[:, None]})
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setitem(tv.SVHN.split_list, "train", ["", path.name, digest])
    read = load_images("svhn", "train", tmp_path)
    assert np.array_equal(read.pixels[2], pixels[..., 2])
    assert read.labels["class"].tolist() == list(range(1, COUNT + 1))


def test_celeba(tmp_path, monkeypatch) -> None:
    base = tmp_path / "celeba"
    (base / "img_align_celeba").mkdir(parents=True)
    names = [f"{index:06d}.jpg" for index in range(1, COUNT + 1)]
    for index, name in enumerate(names):
        picture = Image.new("RGB", (178, 218), "red")
        picture.paste((0, 0, 40 * index), (15, 35, 163, 183))  # just what the centre crop keeps
        picture.save(base / "img_align_celeba" / name, quality=100, subsampling=0)
    lines = "".join(f"{name} {index % 3}\n" for index, name in enumerate(names))
    (base / "list_eval_partition.txt").write_text(lines)
    (base / "identity_CelebA.txt").write_text(lines)
    for file, header, values in (
        ("list_attr_celeba.txt", "Smiling Young", "-1 1"),
        ("list_bbox_celeba.txt", "image_id x y w h", "0 0 1 1"),
        ("list_landmarks_align_celeba.txt", "x y", "0 0"),
    ):
        (base / file).write_text(f"{COUNT}\n{header}\n" + "".join(f"{name} {values}\n" for name in names))
    monkeypatch.setattr(tv.CelebA, "_check_integrity", lambda self: True)
    read = load_images("celeba", "train", tmp_path)
    assert read.pixels.shape == (2, 64, 64, 3)  # every third picture is of the training split
    assert read.pixels[1, :, :, 0].max() < 40
    assert read.pixels[1, :, :, 2].mean() == pytest.approx(120, abs=3)
    assert {name: values.tolist() for name, values in read.labels.items()} == {"Smiling": [0, 0], "Young": [1, 1]}


@pytest.mark.parametrize("name", ["fashion-mnist", "mnist", "kmnist", "cifar-10", "svhn", "celeba"])
def test_missing_files_without_a_network_are_named(tmp_path, name: str) -> None:
    with pytest.raises(DataError, match="--data-dir"):
        load_images(name, "train", tmp_path)


def test_a_truncated_file_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_DATA", str(tmp_path / "cache"))
    for name, content in mnist_files():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content)[:-20])
    with pytest.raises(DataError, match="cannot be unpacked"):
        load_images("fashion-mnist", "train", tmp_path)


def test_the_cache_folder_can_be_chosen(monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_DATA", "/somewhere")
    assert images.cache_dir() == Path("/somewhere")
