"""The registry of data sets: one file and one line each."""

from __future__ import annotations

from pathlib import Path

from latentdemo.data.avatars import AVATARS
from latentdemo.data.images import Dataset, ImageSet, Progress, Split, cache_dir
from latentdemo.data.torchvision_sets import TORCHVISION_SETS
from latentdemo.errors import DataError

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (*TORCHVISION_SETS, AVATARS)}


def get_dataset(name: str) -> Dataset:
    """The data set of a name.

    Raises:
        DataError: no such data set.
    """
    if name not in DATASETS:
        raise DataError(f"unknown data set {name!r}; known are {', '.join(DATASETS)}")
    return DATASETS[name]


def load_images(
    name: str, split: Split, data_dir: str | Path | None = None, progress: Progress | None = None
) -> ImageSet:
    """All images of a split.

    Args:
        name: a key of `DATASETS`.
        split: "train" or "held-out".
        data_dir: folder with the original files; None takes `cache_dir()`.
        progress: told (done, total) while something long goes on.

    Raises:
        DataError: the data set is unknown, or its files are missing or broken.
    """
    folder = Path(data_dir).expanduser() if data_dir else cache_dir()
    return get_dataset(name).read(split, folder, progress)
