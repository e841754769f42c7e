"""Pictures that a model cannot know are told from those that it can, with false alarms at the rate that is stated."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from latentdemo.checkpoints import checkpoints_dir, load_model
from latentdemo.data import ImageSet, read_held_out
from latentdemo.data.pictures import picture_as_trained
from latentdemo.evaluation.features.registry import load_first_space
from latentdemo.evaluation.health.familiarity import (
    FALSE_ALARMS,
    LEAST_FOR_FEATURES,
    PICTURES,
    Familiar,
    learn_familiar,
    rank,
)
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.models import GenerativeAutoencoder

SHIPPED = ("fashion-mnist", pytest.param("avatars", marks=pytest.mark.slow))
Known = tuple[str, GenerativeAutoencoder, ImageSet, Familiar]


@pytest.fixture(scope="module", params=SHIPPED)
def known(request) -> Known:
    dataset: str = request.param
    folder = checkpoints_dir() / dataset
    model, held_out = load_model(f"{dataset}/vae", "cpu"), read_held_out(folder)
    return dataset, model, held_out, learn_familiar(model, held_out, load_first_space(dataset, "cpu", beside=folder))


def brought(dataset: str, pictures: np.ndarray) -> Tensor:
    """Pictures (N, S, S, C) uint8 as they come to the model of a data set from somebody's files."""
    [size, channels] = {"fashion-mnist": (32, 1), "avatars": (64, 3)}[dataset]
    rows = []
    for pixels in pictures:
        buffer = io.BytesIO()
        Image.fromarray(pixels if pixels.shape[-1] == 3 else pixels[..., 0]).save(buffer, "PNG")
        rows.append(picture_as_trained(buffer.getvalue(), dataset, size, channels))
    return ImageSet(np.stack(rows)).tensor(slice(None))


def like_photographs(count: int, size: int = 64) -> np.ndarray:
    """Colour pictures whose spectrum falls as 1 / f, as that of photographs does (Field 1987), (N, S, S, 3) uint8."""
    random = np.random.default_rng(3)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij"))
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(random.normal(size=(count, 3, size, size))) / frequency
    light = np.fft.irfft2(spectrum, (size, size))
    light = 127 + 60 * light / light.std(axis=(1, 2, 3), keepdims=True)
    return light.clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def share_strange(known: Known, pictures: Tensor) -> float:
    _dataset, model, _held_out, familiar = known
    return float(np.mean([each.is_strange for each in familiar.strangeness(model, pictures)]))


def test_held_out_pictures_are_strange_no_more_often_than_is_stated(known) -> None:
    fresh = known[2].tensor(slice(PICTURES, PICTURES + 300))
    assert share_strange(known, fresh) <= FALSE_ALARMS + 3 * (FALSE_ALARMS / 300) ** 0.5


def test_what_looks_like_a_photograph_is_strange(known) -> None:
    assert share_strange(known, brought(known[0], like_photographs(40))) >= 0.9


def test_pictures_of_the_other_data_set_are_strange(known) -> None:
    other = "avatars" if known[0] == "fashion-mnist" else "fashion-mnist"
    pictures = brought(known[0], read_held_out(checkpoints_dir() / other).pixels[:40])
    assert share_strange(known, pictures) >= 0.5


def test_the_most_similar_picture_is_found_and_what_is_told_is_right(known) -> None:
    _dataset, model, held_out, familiar = known
    [found] = familiar.strangeness(model, held_out.tensor(slice(12, 13)))
    assert (found.nearest, found.is_strange, found.level) == (12, False, FALSE_ALARMS)
    assert 0.2 < found.times < 3.0
    [strange] = familiar.strangeness(model, brought(known[0], like_photographs(1)))
    assert strange.times > 3.0
    assert familiar.bytes > familiar.pictures.nbytes


def test_without_features_or_many_pictures_the_error_alone_tells(tiny_model) -> None:
    images = ImageSet(np.random.default_rng(1).integers(120, 136, (150, 16, 16, 1), np.uint8))
    familiar = learn_familiar(tiny_model, images)
    pictures = torch.cat([images.tensor(slice(10, 11)), torch.ones(1, 1, 16, 16)])
    usual, strange = familiar.strangeness(tiny_model, pictures)
    assert not usual.is_strange
    assert usual.level == pytest.approx(1 / 76)
    assert strange.is_strange
    assert strange.p_value == strange.level
    assert len(images) < LEAST_FOR_FEATURES
    with pytest.raises(QualityError, match="99 held-out pictures are too few"):
        learn_familiar(tiny_model, ImageSet(images.pixels[:99]))


def test_p_values_of_like_pictures_are_uniform() -> None:
    values = torch.randn(4000, 100, generator=torch.Generator().manual_seed(5))
    ranks = torch.cat([rank(row[:1], row[1:]) for row in values])
    for level in (0.01, 0.05, 0.5):
        assert float((ranks <= level).float().mean()) == pytest.approx(level, abs=4 * (level / 4000) ** 0.5)
