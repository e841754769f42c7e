"""Data sets that torchvision knows: read from a folder, or downloaded where there is a network."""

from __future__ import annotations

import gzip
import os
import shutil
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from latentdemo.data.images import Dataset, ImageSet, Progress, Split, cache_dir
from latentdemo.errors import DataError
from latentdemo.files import write_atomically

MNIST_FILES = tuple(f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
CELEBA_CROP = 148  # The side of the centre crop that is customary for CelebA (Larsen et al. 2016).


def pad_square(pixels: np.ndarray, size: int) -> np.ndarray:
    """Images (N, H, W) or (N, H, W, C), padded with black on all sides to (N, size, size, C)."""
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    missing_rows, missing_columns = size - pixels.shape[1], size - pixels.shape[2]
    top, left = missing_rows // 2, missing_columns // 2
    return np.pad(pixels, ((0, 0), (top, missing_rows - top), (left, missing_columns - left), (0, 0)))


def unpack_mnist_files(data_dir: Path, raw_folder: Path) -> None:
    """Lay the four files of the original distribution out as torchvision's class wants them.

    The files may lie in `data_dir` itself, packed (as Debian's dataset-fashion-mnist ships them) or not. A copy bears
    the time of its source, so that another folder's files, or a newer release, take its place.
    """
    for name in MNIST_FILES:
        target, packed, plain = raw_folder / name, data_dir / f"{name}.gz", data_dir / name
        if not (packed.exists() or plain.exists()):
            continue
        time = (packed if packed.exists() else plain).stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns == time:
            continue
        raw_folder.mkdir(parents=True, exist_ok=True)
        with gzip.open(packed) if packed.exists() else plain.open("rb") as source:
            write_atomically(target, partial(shutil.copyfileobj, source))
        os.utime(target, ns=(time, time))


def open_dataset(factory: Callable[[bool], Any], title: str, data_dir: Path) -> Any:
    """Build a torchvision data set from the files at hand, else by download.

    Raises:
        DataError: neither is possible.
    """
    try:
        return factory(False)
    except ImportError as error:
        raise DataError(f"reading {title} needs the package {error.name}. Run: pip install {error.name}") from error
    except (RuntimeError, FileNotFoundError, EOFError, ValueError) as missing:
        try:
            return factory(True)
        except Exception as error:
            raise DataError(
                f"{title} is not in {data_dir} ({missing}), and downloading it failed ({error}). "
                "Put its original files there or name their folder with --data-dir."
            ) from error


def mnist_like(class_name: str, title: str) -> Callable[[Split, Path, Progress | None], ImageSet]:
    """A reader for MNIST, Fashion-MNIST or KMNIST: grey, 28x28, padded to 32x32."""

    def read(split: Split, data_dir: Path, progress: Progress | None) -> ImageSet:
        import torchvision.datasets as tv

        cls = getattr(tv, class_name)
        root, raw = data_dir, data_dir / class_name / "raw"
        if has_mnist_files(data_dir) and not all((raw / name).exists() for name in MNIST_FILES):
            root = cache_dir()  # A system's folder cannot be written to.
            try:
                unpack_mnist_files(data_dir, root / class_name / "raw")
            except (OSError, EOFError, zlib.error) as error:
                raise DataError(
                    f"a file of {title} in {data_dir} cannot be unpacked: {error}. Fetch it again."
                ) from error
        found = open_dataset(lambda download: cls(root, train=split == "train", download=download), title, data_dir)
        labels = {"class": found.targets.numpy().astype(np.int64)}
        return ImageSet(pad_square(found.data.numpy(), 32), labels, {"class": list(found.classes)})

    return read


def has_mnist_files(data_dir: Path) -> bool:
    """Whether files of the original distribution lie in the folder itself, packed or not."""
    return any((data_dir / f"{name}{suffix}").exists() for name in MNIST_FILES for suffix in (".gz", ""))


def read_cifar10(split: Split, data_dir: Path, progress: Progress | None) -> ImageSet:
    """CIFAR-10: colour, 32x32."""
    import torchvision.datasets as tv

    found = open_dataset(
        lambda download: tv.CIFAR10(data_dir, train=split == "train", download=download), "CIFAR-10", data_dir
    )
    return ImageSet(found.data, {"class": np.asarray(found.targets)}, {"class": list(found.classes)})


def read_svhn(split: Split, data_dir: Path, progress: Progress | None) -> ImageSet:
    """SVHN, cropped digits: colour, 32x32."""
    import torchvision.datasets as tv

    part = "train" if split == "train" else "test"
    found = open_dataset(lambda download: tv.SVHN(data_dir, split=part, download=download), "SVHN", data_dir)
    return ImageSet(
        found.data.transpose(0, 2, 3, 1), {"class": found.labels}, {"class": [str(digit) for digit in range(10)]}
    )


def read_celeba(split: Split, data_dir: Path, progress: Progress | None) -> ImageSet:
    """CelebA: colour, centre-cropped to 148x148 and scaled to 64x64."""
    import torchvision.datasets as tv

    part = "train" if split == "train" else "test"
    found = open_dataset(lambda download: tv.CelebA(data_dir, split=part, download=download), "CelebA", data_dir)
    pixels = np.empty((len(found), 64, 64, 3), np.uint8)
    for row, name in enumerate(found.filename):
        path = data_dir / "celeba" / "img_align_celeba" / name
        try:
            with Image.open(path) as picture:
                left, top = (picture.width - CELEBA_CROP) // 2, (picture.height - CELEBA_CROP) // 2
                cropped = picture.convert("RGB").crop((left, top, left + CELEBA_CROP, top + CELEBA_CROP))
        except OSError as error:
            raise DataError(f"a picture of CelebA cannot be read: {error}. Fetch {path} again.") from error
        pixels[row] = np.asarray(cropped.resize((64, 64), Image.Resampling.LANCZOS))
        if progress and row % 256 == 0:
            progress(row, len(found))
    attributes = found.attr.numpy()
    names = [name for name in found.attr_names if name]
    labels = {name: attributes[:, column] for column, name in enumerate(names)}
    return ImageSet(pixels, labels, {name: ["no", "yes"] for name in names})


FASHION_MNIST_LICENCE = """\
The MIT License (MIT) Copyright © 2017 Zalando SE, https://tech.zalando.com

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the “Software”), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED “AS IS”, WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.
"""

TORCHVISION_SETS = (
    Dataset(
        "fashion-mnist",
        "Fashion-MNIST",
        32,
        1,
        "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747), MIT licence, copyright Zalando SE; "
        "padded from 28x28 to 32x32.",
        mnist_like("FashionMNIST", "Fashion-MNIST"),
        FASHION_MNIST_LICENCE,
        margin=2,
        ground=0,
    ),
    Dataset(
        "mnist",
        "MNIST",
        32,
        1,
        "MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0; padded from 28x28 to 32x32.",
        mnist_like("MNIST", "MNIST"),
        margin=2,
        ground=0,
    ),
    Dataset(
        "kmnist",
        "KMNIST",
        32,
        1,
        "KMNIST (Clanuwat et al. 2018, arXiv 1812.01718), CC BY-SA 4.0; padded from 28x28 to 32x32.",
        mnist_like("KMNIST", "KMNIST"),
        margin=2,
        ground=0,
    ),
    Dataset("cifar-10", "CIFAR-10", 32, 3, "CIFAR-10 (Krizhevsky 2009).", read_cifar10),
    Dataset(
        "svhn",
        "SVHN",
        32,
        3,
        "SVHN, cropped digits (Netzer et al. 2011), for non-commercial use.",
        read_svhn,
    ),
    Dataset(
        "celeba",
        "CelebA",
        64,
        3,
        "CelebA (Liu et al. 2015), for non-commercial research; centre crop of 148 pixels, scaled to 64x64.",
        read_celeba,
    ),
)
