"""Paths of a model: what they keep, how they are spaced, and where a map leads them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdemo import load_model
from latentdemo.data.held_out import held_out_images
from latentdemo.errors import SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Generators, randn
from latentdemo.sampling.densities.flow_matching import FlowMatching
from latentdemo.sampling.densities.resolve import MAPS, best_map, map_name, resolve_map
from latentdemo.sampling.interpolation import interpolate, morph_grid
from latentdemo.sampling.paths import PathSpec, lay_grid, lay_path, spaced
from tests.sampling.linear_gaussian import LinearGaussian


class Affine:
    """A density with an affine map, z = location + S e."""

    def __init__(self, location: Tensor, matrix: Tensor) -> None:
        self.location, self.matrix = location, matrix

    def transport(self, noise: Tensor) -> Tensor:
        return self.location + noise @ self.matrix.T

    def inverse(self, latents: Tensor) -> Tensor:
        return (latents - self.location) @ torch.linalg.inv(self.matrix).T

    def log_density(self, latents: Tensor) -> Tensor:
        residual = self.inverse(latents)
        return -0.5 * residual.square().sum(dim=1) - self.matrix.det().abs().log()

    def sample(self, count: int, generator: Generators) -> Tensor:
        return self.transport(randn((count, len(self.location)), generator))


@pytest.fixture
def affine() -> Affine:
    return Affine(torch.tensor([3.0, -1.0]), torch.tensor([[2.0, 0.5], [0.0, 0.7]]))


def test_the_path_through_the_base_space_of_an_affine_map_is_the_image_of_an_arc(affine: Affine) -> None:
    first, last = affine.transport(torch.eye(2))
    angles = torch.linspace(0.0, math.pi / 2, 7)
    wanted = affine.transport(torch.stack([angles.cos(), angles.sin()], dim=1))
    path = interpolate(first, last, 7, "base", affine)
    assert torch.allclose(path, wanted, atol=1e-5)
    assert torch.equal(path[[0, -1]], torch.stack([first, last]))
    assert not torch.allclose(path, interpolate(first, last, 7), atol=0.1)


def test_a_path_along_a_field_of_velocities_keeps_its_ends() -> None:
    base = FlowMatching(4, hidden=8, blocks=1).eval()
    keys = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    path = interpolate(keys[0], keys[1], 5, "base", base)
    assert torch.equal(path[[0, -1]], keys)
    assert torch.allclose(path, base.transport(interpolate(*base.inverse(keys), 5)), atol=0.05)


def test_the_grid_through_the_base_space_keeps_its_corners(affine: Affine) -> None:
    corners = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    grid = morph_grid(corners, 5, "base", affine)
    assert torch.equal(grid[[0, 4, 20, 24]], corners)
    assert torch.allclose(grid, affine.transport(morph_grid(affine.inverse(corners), 5)), atol=1e-5)
    assert torch.allclose(grid[:5], interpolate(corners[0], corners[1], 5, "base", affine), atol=1e-5)


def test_without_a_map_there_is_no_base_space(tiny_model: GenerativeAutoencoder) -> None:
    with pytest.raises(SamplingError, match="needs a density with a map"):
        interpolate(torch.zeros(2), torch.ones(2), 3, "base")
    assert best_map(tiny_model) is None
    with pytest.raises(SamplingError, match="none of the densities of this model has a map from the prior"):
        lay_path(tiny_model, torch.randn(2, tiny_model.latent_size), 3, PathSpec("base"))


def test_the_better_map_is_taken_where_there_are_two() -> None:
    assert map_name(["flow", "mixture", "flow-matching"]) == MAPS[0] == "flow-matching"
    assert map_name(["mixture", "flow"]) == "flow"
    assert map_name(["mixture", "mixture-10"]) is None


@pytest.fixture(scope="module")
def model() -> GenerativeAutoencoder:
    return load_model("fashion-mnist/vae", "cpu")


@pytest.fixture(scope="module")
def keys(model: GenerativeAutoencoder) -> Tensor:
    """Encodings of three held-out pictures."""
    assert model.folder is not None
    with torch.no_grad():
        return model.encode(held_out_images(model.folder.parent).tensor(slice(0, 3))).mean


@pytest.mark.parametrize("spec", [PathSpec("base"), PathSpec("base", 2), PathSpec("base", 1, even=True),
                                  PathSpec("spherical", 1, even=True), PathSpec("linear")], ids=str)  # fmt: skip
def test_a_path_of_a_shipped_model_keeps_its_ends_to_the_bit(model, keys: Tensor, spec: PathSpec) -> None:
    path = lay_path(model, keys[:2], 6, spec)
    assert path.shape == (6, model.latent_size)
    assert torch.equal(path[[0, -1]], keys[:2])
    assert (path.diff(dim=0).norm(dim=1) > 0).all()
    image = model.decode(keys[:1]).mean
    assert torch.equal(model.decode(path[:1]).mean, image)


def test_a_walk_passes_every_key_and_comes_back(model, keys: Tensor) -> None:
    walk, loop = (lay_path(model, keys, 5, PathSpec("base"), loop=loop) for loop in (False, True))
    assert (len(walk), len(loop)) == (9, 12)
    assert torch.equal(walk[::4], keys)
    assert torch.equal(loop[::4], keys)
    assert torch.equal(walk[:5], lay_path(model, keys[:2], 5, PathSpec("base")))
    assert torch.equal(loop[8:], lay_path(model, keys[[2, 0]], 5, PathSpec("base"))[:-1])


def test_even_spacing_makes_every_frame_change_alike(model, keys: Tensor) -> None:
    def largest_jump(spec: PathSpec) -> float:
        lengths = model.decode(lay_path(model, keys[:2], 9, spec)).mean.diff(dim=0).flatten(1).norm(dim=1)
        return (lengths.max() / lengths.mean()).item()

    for kind in ("spherical", "base"):
        usual, even = (largest_jump(PathSpec(kind, even=even)) for even in (False, True))
        assert even < 1.25
        assert even < usual


def test_a_mean_step_takes_the_posterior_mean_of_the_decoded_mean(affine: Affine) -> None:
    linear = LinearGaussian(2)
    keys = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    shrinks = 1.0 - linear.posterior_variance  # w^2 / (w^2 + noise^2)
    before, after = (lay_path(linear, keys, 5, PathSpec("linear", steps)) for steps in (0, 3))
    assert torch.allclose(after[1:-1], shrinks**3 * before[1:-1], atol=1e-6)
    assert torch.equal(after[[0, -1]], keys)
    grid = lay_grid(linear, torch.cat([keys, -keys]), 3, PathSpec("base", 1), base=affine)
    wanted = shrinks * morph_grid(torch.cat([keys, -keys]), 3, "base", affine)
    assert torch.allclose(grid[[1, 3, 4, 5, 7]], wanted[[1, 3, 4, 5, 7]], atol=1e-6)
    assert torch.equal(grid[[0, 2, 6, 8]], torch.cat([keys, -keys]))


def test_shares_cut_a_path_into_equal_pieces() -> None:
    # The first half of the way is three times as long as the second.
    found = spaced(np.array([0.0, 0.5, 1.0]), np.array([3.0, 1.0]), 5)
    assert found == pytest.approx([0.0, 1 / 6, 1 / 3, 0.5, 1.0])
    assert spaced(np.array([0.0, 0.5, 1.0]), np.zeros(2), 3) == pytest.approx([0.0, 0.5, 1.0])


def test_all_work_goes_through_whoever_does_it(model, keys: Tensor) -> None:
    done = []

    def call(work):
        done.append(work)
        return work()

    lay_path(model, keys[:2], 40, PathSpec("base", 1), call=call)
    assert len(done) == 1 + 2  # the path, and two batches of inner frames


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"keys": 1}, "a path through 1 latents"),
        ({"frames": 1}, "a path of 1 frames"),
        ({"spec": {"kind": "cubic"}}, "unknown path 'cubic'"),
        ({"spec": {"mean_steps": -1}}, "-1 mean steps"),
    ],
    ids=str,
)
def test_what_is_no_path_is_named(tiny_model, asked: dict, words: str) -> None:
    keys = torch.randn(asked.get("keys", 2), tiny_model.latent_size)
    with pytest.raises(SamplingError, match=words):
        lay_path(tiny_model, keys, asked.get("frames", 3), PathSpec(**asked.get("spec", {})))
    with pytest.raises(SamplingError, match="a grid between 3 corners"):
        lay_grid(tiny_model, torch.randn(3, tiny_model.latent_size), 3)


def test_resolve_map_finds_the_flow_of_a_shipped_model(model) -> None:
    base = resolve_map(model)
    noise = torch.randn(5, model.latent_size, generator=torch.Generator().manual_seed(0))
    assert (base.inverse(base.transport(noise)) - noise).abs().mean() < 0.1  # as near as the steps of its solver come
