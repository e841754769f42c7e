import os
import shutil

import pytest
import torch

from latentdemo import load_model
from latentdemo.checkpoints import checkpoints_dir
from latentdemo.errors import CheckpointFileMissingError, DataError, SamplingError
from latentdemo.random import chain_generators
from latentdemo.sampling.densities.store import densities_digest, read_density_config
from latentdemo.sampling.starts import held_out_images, starting_points, starts_of


@pytest.fixture(scope="module")
def model():
    return load_model("fashion-mnist/vae", "cpu")


@pytest.mark.parametrize("start", ["prior", "density", "mixture-10", "data"])
def test_a_chain_starts_at_the_same_latent_whoever_starts_beside_it(model, start: str) -> None:
    draw = starts_of(model, start)
    together = draw(range(6), chain_generators(7, 6))
    assert together.shape == (6, model.latent_size)
    assert torch.allclose(draw([4], chain_generators(7, 1, first=4)), together[4:5], atol=1e-4)
    assert torch.allclose(starting_points(model, start, chain_generators(7, 6), 6), together)


def test_given_latents_are_those_of_the_chains(model) -> None:
    given = torch.randn(5, model.latent_size)
    draw = starts_of(model, given)
    wanted = given[[3, 1]].clone()
    given.zero_()
    assert torch.equal(draw([3, 1], chain_generators(0, 2)), wanted)


def test_what_is_missing_is_said_before_anything_is_drawn(model, tiny_model, tmp_path) -> None:
    with pytest.raises(SamplingError, match="known are"):
        starts_of(model, "nowhere")
    with pytest.raises(SamplingError, match="no checkpoint folder"):
        starts_of(tiny_model, "data")
    tiny_model.folder = tmp_path / "own" / "tiny"
    with pytest.raises(DataError, match="held-out"):
        starts_of(tiny_model, "data")
    with pytest.raises(CheckpointFileMissingError):
        starts_of(tiny_model, "density")


def test_held_out_images_are_read_once_until_they_change(tiny_model, tmp_path) -> None:
    for name in ("held-out.webp", "held-out.json"):
        shutil.copy(checkpoints_dir() / "fashion-mnist" / name, tmp_path)
    tiny_model.folder = tmp_path / "tiny"
    images = held_out_images(tiny_model)
    assert held_out_images(tiny_model) is images
    os.utime(tmp_path / "held-out.webp", ns=(1, 1))
    assert held_out_images(tiny_model) is not images


def test_densities_are_known_by_their_digest(model, tmp_path) -> None:
    assert densities_digest(model.folder) == read_density_config(model.folder).sha256
    assert densities_digest(tmp_path) == densities_digest(None) == ""
