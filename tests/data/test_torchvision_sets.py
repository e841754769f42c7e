"""Tiny files in each data set's real format, read through torchvision's own classes."""

import gzip
import hashlib
import os
import pickle
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import scipy.io
import torchvision.datasets as tv
from PIL import Image

from latentdemo.data import ImageSet, get_dataset, images, load_images
from latentdemo.errors import DataError

COUNT = 6
GENERATOR = np.random.default_rng(0)
LABELS = {"train": np.arange(COUNT), "held-out": np.arange(COUNT)[::-1]}
SPLITS = tuple(LABELS)
MNIST_PARTS = {"train": "train", "held-out": "t10k"}
MNIST_LABEL_NAMES = {
    "fashion-mnist": ("T-shirt/top", "Ankle boot"),
    "mnist": ("0 - zero", "9 - nine"),
    "kmnist": ("o", "wo"),
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch) -> None:
    def refuse(*args, **kwargs) -> None:
        raise URLError("no network")

    for module in (tv.mnist, tv.cifar, tv.utils):
        monkeypatch.setattr(module, "download_and_extract_archive", refuse)
    monkeypatch.setattr(tv.svhn, "download_url", refuse)
    monkeypatch.setattr(tv.celeba, "download_file_from_google_drive", refuse)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LATENTDEMO_DATA", str(folder))
    return folder


def idx(array: np.ndarray) -> bytes:
    """An array in the IDX format of MNIST."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder: Path, pack: Callable[[bytes], bytes] | None = None) -> dict[str, np.ndarray]:
    """The four files of MNIST's distribution; the pixels of each split."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = {split: GENERATOR.integers(0, 256, (COUNT, 28, 28), np.uint8) for split in SPLITS}
    for split, part in MNIST_PARTS.items():
        for name, array in (("images-idx3", pixels[split]), ("labels-idx1", LABELS[split].astype(np.uint8))):
            file = folder / f"{part}-{name}-ubyte{'.gz' if pack else ''}"
            file.write_bytes(pack(idx(array)) if pack else idx(array))
    return pixels


def check_mnist(read: ImageSet, name: str, split: str, pixels: dict[str, np.ndarray]) -> None:
    assert read.pixels.shape == (COUNT, 32, 32, 1)
    assert read.pixels.dtype == np.uint8
    assert np.array_equal(read.pixels[:, 2:-2, 2:-2, 0], pixels[split])
    assert read.pixels.sum() == pixels[split].sum()  # the padding is black
    assert np.array_equal(read.labels["class"], LABELS[split])
    names = read.label_names["class"]
    assert (names[0], names[9], len(names)) == (*MNIST_LABEL_NAMES[name], 10)


@pytest.mark.parametrize("pack", [gzip.compress, None], ids=["packed", "unpacked"])
@pytest.mark.parametrize("split", SPLITS)
def test_the_four_files_are_read_from_a_folder_that_cannot_be_written_to(tmp_path, pack, split) -> None:
    pixels = write_mnist(tmp_path / "files", pack)
    before = sorted(tmp_path.rglob("*"))
    (tmp_path / "files").chmod(0o555)  # says nothing to a superuser, hence the look at the folder as well
    check_mnist(load_images("fashion-mnist", split, tmp_path / "files"), "fashion-mnist", split, pixels)
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / "files").chmod(0o755)


def test_files_are_unpacked_once_but_those_of_another_folder_anew(tmp_path, cache, monkeypatch) -> None:
    written = {name: write_mnist(tmp_path / name, gzip.compress) for name in ("first", "second")}
    for file in (tmp_path / "second").iterdir():
        os.utime(file, (0, 0))
    for name in ("first", "second"):
        check_mnist(load_images("mnist", "train", tmp_path / name), "mnist", "train", written[name])
    monkeypatch.setattr(gzip, "open", lambda *_: pytest.fail("unpacked twice"))
    check_mnist(load_images("mnist", "train", tmp_path / "second"), "mnist", "train", written["second"])
    assert len(list((cache / "MNIST" / "raw").iterdir())) == 4


@pytest.mark.parametrize(
    ("name", "class_name"), [("fashion-mnist", "FashionMNIST"), ("mnist", "MNIST"), ("kmnist", "KMNIST")]
)
@pytest.mark.parametrize("split", SPLITS)
def test_mnist_and_its_kin_are_read_from_torchvisions_folder(tmp_path, name: str, class_name: str, split) -> None:
    pixels = write_mnist(tmp_path / class_name / "raw")
    check_mnist(load_images(name, split, tmp_path), name, split, pixels)


def test_cifar_10(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()

    def write(name: str, content: dict) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    rows = GENERATOR.integers(0, 256, (3, COUNT, 3072), np.uint8)
    batches = [{"data": rows[index], "labels": [index] * COUNT} for index in range(3)]
    monkeypatch.setattr(tv.CIFAR10, "train_list", [write(f"data_batch_{i + 1}", batches[i]) for i in range(2)])
    monkeypatch.setattr(tv.CIFAR10, "test_list", [write("test_batch", batches[2])])
    meta = write("batches.meta", {"label_names": [f"name {index}" for index in range(10)]})
    monkeypatch.setattr(tv.CIFAR10, "meta", {"filename": meta[0], "key": "label_names", "md5": meta[1]})
    for split, expected in (("train", rows[:2]), ("held-out", rows[2:])):
        read = load_images("cifar-10", split, tmp_path)
        planes = expected.reshape(-1, 3, 32, 32)  # a file holds all of red, then green, then blue
        assert np.array_equal(read.pixels, planes.transpose(0, 2, 3, 1))
        assert read.pixels.dtype == np.uint8
        assert set(read.labels["class"]) == ({0, 1} if split == "train" else {2})
        assert read.label_names["class"][3] == "name 3"


def write_svhn(folder: Path, monkeypatch, split: str) -> np.ndarray:
    pixels = GENERATOR.integers(0, 256, (32, 32, 3, COUNT), np.uint8)
    part = "train" if split == "train" else "test"
    path = folder / f"{part}_32x32.mat"
    scipy.io.savemat(path, {"X": pixels, "y": np.array([[1], [2], [9], [10], [10], [5]])})
    monkeypatch.setitem(tv.SVHN.split_list, part, ["", path.name, hashlib.md5(path.read_bytes()).hexdigest()])
    return pixels.transpose(3, 0, 1, 2)


@pytest.mark.parametrize("split", SPLITS)
def test_svhn(tmp_path, monkeypatch, split) -> None:
    pixels = write_svhn(tmp_path, monkeypatch, split)
    read = load_images("svhn", split, tmp_path)
    assert read.pixels.dtype == np.uint8
    assert np.array_equal(read.pixels, pixels)
    assert read.labels["class"].tolist() == [1, 2, 9, 0, 0, 5]  # the file writes zero as 10
    assert read.label_names["class"] == list("0123456789")


def test_svhn_without_scipy_says_what_to_install(tmp_path, monkeypatch) -> None:
    write_svhn(tmp_path, monkeypatch, "train")
    for module in ("scipy", "scipy.io"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match="pip install scipy"):
        load_images("svhn", "train", tmp_path)


@pytest.fixture
def celeba(tmp_path, monkeypatch) -> Path:
    """Six pictures: two of each split, as blue squares on red where the centre crop cuts."""
    base = tmp_path / "celeba"
    (base / "img_align_celeba").mkdir(parents=True)
    names = [f"{index:06d}.jpg" for index in range(1, COUNT + 1)]
    for index, name in enumerate(names):
        picture = Image.new("RGB", (178, 218), "red")
        picture.paste((0, 0, 40 * index), (15, 35, 163, 183))
        picture.save(base / "img_align_celeba" / name, quality=100, subsampling=0)
    (base / "list_eval_partition.txt").write_text("".join(f"{name} {i % 3}\n" for i, name in enumerate(names)))
    (base / "identity_CelebA.txt").write_text("".join(f"{name} {i}\n" for i, name in enumerate(names)))
    for file, header, values in (
        ("list_attr_celeba.txt", "Smiling Young ", " 1 -1"),  # spaced as in the original
        ("list_bbox_celeba.txt", "image_id x_1 y_1 width height", "   95  71 226 313"),
        ("list_landmarks_align_celeba.txt", "lefteye_x lefteye_y", " 69  109"),
    ):
        (base / file).write_text(f"{COUNT}\n{header}\n" + "".join(f"{name} {values}\n" for name in names))
    digests = [
        ("", hashlib.md5((base / file).read_bytes()).hexdigest() if file.endswith("txt") else "", file)
        for *_, file in tv.CelebA.file_list
    ]
    monkeypatch.setattr(tv.CelebA, "file_list", digests)
    return tmp_path


@pytest.mark.parametrize(("split", "first"), [("train", 0), ("held-out", 2)])
def test_celeba(celeba, split, first: int) -> None:
    told = []
    read = load_images("celeba", split, celeba, lambda done, total: told.append((done, total)))
    assert read.pixels.shape == (2, 64, 64, 3)
    assert read.pixels.dtype == np.uint8
    assert read.pixels[..., 0].max() < 40  # nothing red is left
    assert read.pixels[..., 2].mean(axis=(1, 2)) == pytest.approx([40 * first, 40 * (first + 3)], abs=3)
    assert {name: values.tolist() for name, values in read.labels.items()} == {"Smiling": [1, 1], "Young": [0, 0]}
    assert read.label_names["Young"] == ["no", "yes"]
    assert told


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:700])])
def test_a_broken_picture_is_named(celeba, damage: Callable[[Path], object]) -> None:
    damage(celeba / "celeba" / "img_align_celeba" / "000004.jpg")
    with pytest.raises(DataError, match=r"000004\.jpg"):
        load_images("celeba", "train", celeba)


@pytest.mark.parametrize("name", ["fashion-mnist", "mnist", "kmnist", "cifar-10", "svhn", "celeba"])
@pytest.mark.parametrize("split", SPLITS)
def test_missing_files_without_a_network_are_named(tmp_path, name: str, split) -> None:
    with pytest.raises(DataError, match="no network") as raised:
        load_images(name, split, tmp_path / "empty")
    for hint in (get_dataset(name).title, str(tmp_path / "empty"), "--data-dir"):
        assert hint in str(raised.value)


@pytest.mark.parametrize("missing", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
def test_one_missing_file_of_four_is_not_passed_over(tmp_path, missing: str) -> None:
    write_mnist(tmp_path, gzip.compress)
    (tmp_path / missing).unlink()
    with pytest.raises(DataError, match="--data-dir"):
        load_images("fashion-mnist", "train", tmp_path)


@pytest.mark.parametrize(
    "pack",
    [
        lambda content: gzip.compress(content)[:-20],
        lambda content: gzip.compress(content)[:12] + b"\xff" * 40,
        lambda content: content,
        lambda content: b"",
    ],
    ids=["truncated", "overwritten", "not packed", "empty"],
)
def test_a_broken_packed_file_is_named_and_a_good_one_in_its_place_read(tmp_path, pack) -> None:
    write_mnist(tmp_path, pack)
    with pytest.raises(DataError, match=f"Fashion-MNIST in {tmp_path}|Fashion-MNIST is not in {tmp_path}"):
        load_images("fashion-mnist", "train", tmp_path)
    pixels = write_mnist(tmp_path, gzip.compress)
    check_mnist(load_images("fashion-mnist", "train", tmp_path), "fashion-mnist", "train", pixels)


def test_a_truncated_unpacked_file_is_named(tmp_path) -> None:
    write_mnist(tmp_path / "MNIST" / "raw")
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="MNIST"):
        load_images("mnist", "train", tmp_path)


def test_an_unknown_data_set_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"'imagenet'.*fashion-mnist.*avatars"):
        load_images("imagenet", "train")


def test_the_cache_folder_can_be_chosen(monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_DATA", "/somewhere")
    assert images.cache_dir() == Path("/somewhere")


def test_the_cache_folder_is_the_one_of_before_if_it_is_there_else_the_systems(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("LATENTDEMO_DATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(images, "user_cache_path", lambda name, appauthor: tmp_path / "Library" / name)
    assert images.cache_dir() == tmp_path / "Library" / "latentdemo"
    before = tmp_path / ".cache" / "latentdemo"
    before.mkdir(parents=True)
    assert images.cache_dir() == before
