"""Held-out images that ship with the checkpoints, so that nothing at run time needs a network or the data's tools.

`held-out.webp` is a contact sheet of all images, lossless; `held-out.json` says how to cut it and carries labels and
the licence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from latentdemo.data.images import ImageSet
from latentdemo.data.registry import get_dataset
from latentdemo.errors import DataError
from latentdemo.files import write_atomically

SHEET, INDEX = "held-out.webp", "held-out.json"


class Labels(NamedTuple):
    """What is known of each image of a set; see `ImageSet`."""

    labels: Mapping[str, np.ndarray]
    label_names: Mapping[str, list[str]]


def write_held_out(folder: Path, name: str, images: ImageSet) -> None:
    """Write the images (N, S, S, C) of data set `name` and their labels into `folder`.

    Raises:
        DataError: the licence of the data set is not known to allow it.
    """
    dataset = get_dataset(name)
    if dataset.licence is None:
        raise DataError(f"{dataset.title} may not be shipped with checkpoints; it is read from --data-dir instead")
    columns = math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    size, channels = dataset.image_size, dataset.channels
    tiles = np.zeros((rows * columns, size, size, channels), np.uint8)
    tiles[: len(images)] = images.pixels
    sheet = tiles.reshape(rows, columns, size, size, channels).transpose(0, 2, 1, 3, 4)
    sheet = np.broadcast_to(sheet.reshape(rows * size, columns * size, channels), (rows * size, columns * size, 3))
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.ascontiguousarray(sheet))
    write_atomically(folder / SHEET, lambda file: picture.save(file, "WEBP", lossless=True, method=6, quality=100))
    index = {
        "dataset": name,
        "count": len(images),
        "columns": columns,
        "image_size": size,
        "channels": channels,
        "notice": dataset.notice,
        "licence": dataset.licence,
        "label_names": dict(images.label_names),
        "labels": {key: values.tolist() for key, values in images.labels.items()},
    }
    write_atomically(folder / INDEX, json.dumps(index, ensure_ascii=False))


def count_held_out(folder: Path) -> int:
    """How many images are shipped in a data set's folder; 0 where that cannot be read."""
    try:
        return int(json.loads((folder / INDEX).read_text(encoding="utf-8"))["count"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def read_held_out(folder: Path) -> ImageSet:
    """The shipped held-out images of a data set's folder.

    Raises:
        DataError: a file is missing or broken.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        columns, count = index["columns"], index["count"]
        if "image_size" in index:
            size, channels = index["image_size"], index["channels"]
        else:  # The shipped ones were written so.
            size, channels = (dataset := get_dataset(index["dataset"])).image_size, dataset.channels
        with Image.open(folder / SHEET) as picture:
            sheet = np.asarray(picture.convert("RGB"))[..., :channels]
        tiles = sheet.reshape(-1, size, columns, size, channels).transpose(0, 2, 1, 3, 4)
        pixels = tiles.reshape(-1, size, size, channels)[:count]
        labels = {key: np.asarray(values) for key, values in index["labels"].items()}
        if any(len(rows) != count for rows in (pixels, *labels.values())):
            raise ValueError(f"not all of the {count} images and labels are there")
        return ImageSet(pixels, labels, index["label_names"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"the held-out images in {folder} cannot be read ({error}): fetch the folder again, or write it anew "
            f"with 'python -m latentdemo hold-out {folder.name}'"
        ) from error


def held_out_labels(folder: Path) -> Labels:
    """The labels of the shipped held-out images without the images, kept in memory; empty where none can be read."""
    return _kept_labels(folder, labels_written(folder))


def held_out_images(folder: Path) -> ImageSet:
    """As `read_held_out`, kept in memory until the images are written anew; for whoever wants them again and again."""
    return _kept_images(folder, held_out_written(folder))


def held_out_written(folder: Path) -> int:
    """When the held-out images of a data set's folder were written, in ns; 0 where there are none."""
    return written(folder / SHEET)


def labels_written(folder: Path) -> int:
    """The same of their labels."""
    return written(folder / INDEX)


def written(path: Path) -> int:
    """When a file was written, in ns; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=4)
def _kept_images(folder: Path, written: int) -> ImageSet:
    """The images of a folder that were written at that time."""
    return read_held_out(folder)


@lru_cache(maxsize=4)
def _kept_labels(folder: Path, written: int) -> Labels:
    """The labels of a folder that were written at that time."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        labels = {key: np.asarray(values) for key, values in index["labels"].items()}
        if any(values.shape != (index["count"],) for values in labels.values()):
            raise ValueError("not all images have their labels")
        return Labels(labels, dict(index["label_names"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Labels({}, {})
