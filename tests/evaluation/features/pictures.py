"""Pictures for tests of feature spaces."""

from __future__ import annotations

import numpy as np

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import ImageSet, read_held_out

CLOTHES = "fashion-mnist"


def clothes(rows: slice) -> ImageSet:
    """Some of the shipped held-out images of clothes, with their labels."""
    images = read_held_out(checkpoints_dir() / CLOTHES)
    labels = {name: values[rows] for name, values in images.labels.items()}
    return ImageSet(images.pixels[rows], labels, images.label_names)


def unlabelled(images: ImageSet) -> ImageSet:
    """The same images without labels."""
    return ImageSet(np.asarray(images.pixels))
