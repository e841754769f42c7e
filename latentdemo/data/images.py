"""What every data set hands over: images as bytes, with labels, and the licence they come under."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor

Split = Literal["train", "held-out"]
Progress = Callable[[int, int], None]
"""Called with (done, total) while something long goes on."""


@dataclass(frozen=True)
class ImageSet:
    """Images of one split.

    Attributes:
        pixels: (N, H, W, C) uint8; may be a memory map.
        labels: name of an attribute -> (N,) integers.
        label_names: name of an attribute -> what its integers mean.
    """

    pixels: np.ndarray
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    label_names: Mapping[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pixels)

    def tensor(self, rows: np.ndarray | slice) -> Tensor:
        """The chosen images, (N, C, H, W) float32 in [0, 1], channels last in memory."""
        chosen = torch.from_numpy(np.array(self.pixels[rows]))  # It is a copy, for memory maps are read-only.
        return chosen.permute(0, 3, 1, 2).float().div_(255.0)


@dataclass(frozen=True)
class Dataset:
    """A data set in the registry.

    Attributes:
        name: as in checkpoint folders and on the command line.
        title: as on screen.
        image_size: side in pixels, after padding or cropping.
        channels: 1 or 3.
        notice: licence and source, one or two sentences.
        read: (split, data_dir, progress) -> ImageSet; raises DataError where the files are missing or broken.
        licence: text of the licence, where the data may be shipped with checkpoints.
        margin: pixels of ground that padding put on each side.
        ground: grey value around the objects; 0 for light objects on black.
    """

    name: str
    title: str
    image_size: int
    channels: int
    notice: str
    read: Callable[[Split, Path, Progress | None], ImageSet]
    licence: str | None = None
    margin: int = 0
    ground: int = 255


def cache_dir() -> Path:
    """Where downloads and drawn faces are kept: $LATENTDEMO_DATA, ~/.cache/latentdemo if it is there, else the folder
    that this system has for such files."""
    if named := os.environ.get("LATENTDEMO_DATA"):
        return Path(named).expanduser()
    usual = Path("~/.cache/latentdemo").expanduser()
    return usual if usual.is_dir() else user_cache_path("latentdemo", appauthor=False)
