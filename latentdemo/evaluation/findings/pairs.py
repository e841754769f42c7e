"""The samples that are closest to a training image, each above that image: what the test of copying looks at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from PIL import Image
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.evaluation.compute import Compute
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.metrics.copying import closest_pairs
from latentdemo.evaluation.report import Row
from latentdemo.imaging import contact_sheet
from latentdemo.sampling.encodings import batches_of_images

FILE = "closest-pairs.png"  # Beside the evaluation.
SAMPLES, PAIRS = 500, 8
SEED = 0
TILE = 128  # About the side of a picture on the sheet, in pixels.


def closest_pairs_sheet(
    name: str, row: Row, train: ImageSet, spaces: Mapping[str, FeatureSpace], compute: Compute
) -> Image.Image:
    """Samples of a way over the training images that they are closest to, in the first feature space.

    Args:
        name: of the model.
        row: the way to sample.
        train: the images that the model was trained on.
        spaces: feature spaces by name.
        compute: see `measure_model`.
    """
    space = next(iter(spaces.values()))

    def features_of(images: Tensor) -> Tensor:
        return compute.call(partial(space, images))

    training = torch.cat([features_of(part) for part in batches_of_images(train)])
    with compute.model(name, "served") as model:
        spec = row.spec.replaced(count=SAMPLES, seed=SEED)
        images = torch.cat([run.images[row.steps] for run in compute.batches(model, spec, record=(row.steps,))])
    features = features_of(images)
    pairs = closest_pairs(features, training, PAIRS)
    shown = torch.cat([images[pairs.samples], train.tensor(pairs.training.numpy())])
    return contact_sheet(shown, PAIRS, scale=max(1, TILE // shown.shape[-1]))
