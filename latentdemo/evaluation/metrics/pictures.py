"""What is told of single images: how sharp they are, how much they changed, how near they are to a training image.

Distances to training images answer one question of a review: does the model show new pictures, or does it recite?
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.errors import ImageShapeError
from latentdemo.evaluation.metrics.rows import FeatureRows, QualityError, check_rows, squared_distances

MEMORISED = 0.01  # A sample nearer than this quantile of the held-out images' distances counts as memorised.
CANDIDATES = 4  # Exact distances are taken of so many rows of a block, the nearest by rounded distances.
ROWS, TRAINING_ROWS = 1000, 10_000  # The sides of a block of distances, which weighs 40 MB.


def sharpness(images: Tensor) -> Tensor:
    """Mean absolute response of the Laplacian, (N,), in grey values of 0 to 1.

        |4 g(i, j) - g(i-1, j) - g(i+1, j) - g(i, j-1) - g(i, j+1)|, with g the mean over channels,

    averaged over the pixels that have four neighbours. Blur lowers it, noise and torn edges raise it: read it beside
    that of real images, which is the one to come near.

    Args:
        images: (N, C, H, W) in [0, 1].

    Raises:
        ImageShapeError: not four-dimensional, or less than 3 pixels wide or high.
    """
    if images.dim() != 4 or min(images.shape[2:]) < 3:
        raise ImageShapeError(f"images have shape {tuple(images.shape)}; take (N, C, H, W), H and W at least 3")
    grey = images.float().mean(dim=1)
    neighbours = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return (4.0 * grey[:, 1:-1, 1:-1] - neighbours).abs().mean(dim=(1, 2))


def image_change(first: Tensor, second: Tensor) -> Tensor:
    """Mean absolute difference of images (N, C, H, W), pair by pair, (N,), in grey values of 0 to 1.

    Raises:
        ImageShapeError: not four-dimensional, or of different shapes.
    """
    if first.dim() != 4 or first.shape != second.shape:
        raise ImageShapeError(
            f"images have shapes {tuple(first.shape)} and {tuple(second.shape)}; take (N, C, H, W) twice"
        )
    return (first.float() - second.float()).abs().mean(dim=(1, 2, 3))


class Nearest(NamedTuple):
    """Nearest training images: their rows (N,) int64, and the distances to them (N,) float64."""

    rows: Tensor
    distances: Tensor


def nearest_training(features: FeatureRows, training: FeatureRows) -> Nearest:
    """The training image that is nearest to each image in a feature space, by Euclidean distance.

    Neighbours are looked for in float32, block by block; the distances to the few nearest of each block are then taken
    in float64, so that an image that is in the training set is at distance 0.

    Args:
        features: (N, F) of the images.
        training: (M, F) of the training images.

    Raises:
        QualityError: an empty set, values that are not finite, or sets of different feature counts.
    """
    rows, others = check_rows(features, "features", least=1), check_rows(training, "training features", least=1)
    if rows.shape[1] != others.shape[1]:
        raise QualityError(
            f"{rows.shape[1]} against {others.shape[1]} training features: take both from one feature space"
        )
    centre = others.mean(dim=0)  # This changes no distance, and makes their rounding smaller.
    rows, others = rows - centre, others - centre
    blocks = [(block, block.float()) for block in others.split(TRAINING_ROWS)]
    parts = [nearest_of_blocks(part, blocks) for part in rows.split(ROWS)]
    return Nearest(torch.cat([part.rows for part in parts]), torch.cat([part.distances for part in parts]))


def nearest_of_blocks(rows: Tensor, blocks: list[tuple[Tensor, Tensor]]) -> Nearest:
    """The nearest of each row (N, F) in blocks of TRAINING_ROWS, each with its float32 copy; rows count over all."""
    found = [nearest_in_block(rows, *block) for block in blocks]
    squares, block = torch.stack([each.distances for each in found]).min(dim=0)
    within = torch.stack([each.rows for each in found]).gather(0, block[None])[0]
    return Nearest(block * TRAINING_ROWS + within, squares.sqrt())


def nearest_in_block(rows: Tensor, block: Tensor, rounded: Tensor) -> Nearest:
    """The nearest of each row (N, F) in a block (M, F), of which a float32 copy is at hand; squared distances."""
    distances = squared_distances(rows.float(), rounded)
    candidates = distances.topk(min(CANDIDATES, len(block)), dim=1, largest=False).indices
    squares, nearest = (rows[:, None] - block[candidates]).square().sum(dim=-1).min(dim=1)
    return Nearest(candidates.gather(1, nearest[:, None])[:, 0], squares)


def nearest_distance(features: FeatureRows, training: FeatureRows) -> Tensor:
    """Euclidean distance from each image (N, F) to its nearest training image (M, F), (N,): see `nearest_training`."""
    return nearest_training(features, training).distances


def memorised_share(sample_distances: FeatureRows, held_out_distances: FeatureRows) -> float:
    """Share of samples nearer to their nearest training image than 99 % of held-out images are to theirs.

    Held-out images were never trained on, so that 0.01 is what a model that memorises nothing gives. Samples of low
    diversity that lie amid the data exceed it too: look at the pairs before calling it copying.

    Args:
        sample_distances: `nearest_distance` of the samples, (N,).
        held_out_distances: `nearest_distance` of held-out images, (M,), at least 100.

    Raises:
        QualityError: no sample, fewer than 100 held-out images, or values that are not finite.
    """
    samples = check_rows(
        torch.as_tensor(sample_distances, device="cpu").reshape(-1, 1), "distances of samples", least=1
    )
    least = round(1 / MEMORISED)
    held_out = check_rows(
        torch.as_tensor(held_out_distances, device="cpu").reshape(-1, 1), "distances of held-out images", least
    )
    return (samples < held_out.quantile(MEMORISED)).double().mean().item()
