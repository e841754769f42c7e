"""The spaces that are shipped with the checkpoints are what they say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import ImageSet, read_held_out
from latentdemo.evaluation import SPACES, LabelSpace, frechet_distance, load_spaces
from latentdemo.evaluation.features.damage import mixed, softened
from latentdemo.evaluation.features.imagenet import ImageNetSpace

DATASETS = ("avatars", "fashion-mnist")
COUNT = 1000


def images_of(dataset: str) -> ImageSet:
    return read_held_out(checkpoints_dir() / dataset)


@pytest.mark.parametrize("dataset", DATASETS)
def test_all_of_them_are_there_and_tell_pictures_apart(dataset: str) -> None:
    spaces, images = load_spaces(dataset, "cpu"), images_of(dataset)
    assert list(spaces) == list(SPACES)
    assert len({space.digest for space in spaces.values()}) == len(SPACES)
    for name, space in spaces.items():
        real, others = (space(images.tensor(slice(start, start + COUNT))) for start in (0, COUNT))
        assert real.shape == (COUNT, 128), name
        kind = next(iter(images.labels.values()))[:COUNT] % 2 == 0
        assert frechet_distance(real, others) < frechet_distance(real[kind], real[~kind]), name


@pytest.mark.parametrize("dataset", DATASETS)
def test_labels_are_as_right_as_they_say(dataset: str) -> None:
    images = images_of(dataset)
    space = load_spaces(dataset, "cpu")["labels"]
    assert isinstance(space, LabelSpace)
    assert dict(space.label_names) == dict(images.label_names)
    chosen = space.classes(space(images.tensor(slice(0, COUNT))))
    for name, values in images.labels.items():
        right = np.mean(chosen[name].numpy() == values[:COUNT])
        assert right == pytest.approx(space.config.accuracy[name], abs=0.03), name


def test_components_explain_most_of_what_varies() -> None:
    for dataset in DATASETS:
        space = load_spaces(dataset, "cpu")["imagenet"]
        assert isinstance(space, ImageNetSpace)
        assert space.config.explained > 0.75


def test_labels_see_mixtures_of_pictures_more_than_softness() -> None:
    images, space = images_of("fashion-mnist"), load_spaces("fashion-mnist", "cpu")["labels"]
    real, intact = space(images.tensor(slice(COUNT, 2 * COUNT))), images.tensor(slice(0, COUNT))
    soft, torn = (make(intact, torch.Generator().manual_seed(0)) for make in (softened, mixed))
    assert frechet_distance(real, space(soft)) < frechet_distance(real, space(torn))
