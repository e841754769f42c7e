"""Labels for pictures that have none: which group of look-alikes a picture belongs to.

A classifier of damage alone might forget what the pictures show, and then not see that a sampler shows little of it.
So it is also asked for the group of a picture among groups that k-means finds, as DeepCluster is (Caron et al. 2018,
arXiv 1807.05520), here once and on coarse copies: where is it light, where dark, in which colours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from latentdemo.data import ImageSet

PSEUDO_LABEL = "look"  # The name of the attribute that is made.
GROUPS = 20
COARSE = 8  # The side of the copies, in pixels.
FITTED = 20_000  # Groups are found in so many pictures.


def with_pseudo_labels(train: ImageSet, held_out: ImageSet, seed: int = 0) -> tuple[ImageSet, ImageSet]:
    """Both sets with the attribute `PSEUDO_LABEL`; the groups are found in the training images only.

    Args:
        train, held_out: images (N, S, S, C), S a multiple of 8.
        seed: fixes the groups.
    """
    from sklearn.cluster import KMeans

    groups = KMeans(GROUPS, n_init=3, random_state=seed).fit(coarse(train)[:FITTED])
    names = {PSEUDO_LABEL: [f"group {number}" for number in range(1, GROUPS + 1)]}
    labelled = [
        replace(images, labels={PSEUDO_LABEL: groups.predict(coarse(images)).astype(np.int64)}, label_names=names)
        for images in (train, held_out)
    ]
    return labelled[0], labelled[1]


def typical_pictures(images: ImageSet) -> np.ndarray:
    """The most typical picture of each group, the one nearest to its middle, (GROUPS, S, S, C) uint8; black for a group
    that holds none of these images, which have the attribute `PSEUDO_LABEL`."""
    places, groups = coarse(images), images.labels[PSEUDO_LABEL]
    found = np.zeros((GROUPS, *images.pixels.shape[1:]), np.uint8)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        distances = np.square(places[rows] - places[rows].mean(axis=0)).sum(axis=1)
        found[group] = images.pixels[rows[distances.argmin()]]
    return found


def coarse(images: ImageSet) -> np.ndarray:
    """Means of blocks of pixels, (N, 64 C) float32."""
    count, size, _, channels = images.pixels.shape
    side = size // COARSE
    blocks = images.pixels.reshape(count, COARSE, side, COARSE, side, channels)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1)
