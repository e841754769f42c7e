import math

import pytest
import torch

from latentdemo import load_model
from latentdemo.errors import SamplingError
from latentdemo.random import ChainNoise, chain_generators, common_generators, randn
from latentdemo.sampling import run_chain
from latentdemo.sampling.interpolation import interpolate, morph_grid


def unit_vectors(count: int, size: int = 16, seed: int = 0) -> torch.Tensor:
    noise = torch.randn(count, size, generator=torch.Generator().manual_seed(seed))
    return noise / noise.norm(dim=1, keepdim=True)


def test_spherical_is_the_rotation_from_one_end_to_the_other() -> None:
    first, last = torch.eye(5)[:2]
    path = interpolate(first, last, 7)
    angles = torch.arange(7) * math.pi / 12
    wanted = torch.zeros(7, 5)
    wanted[:, 0], wanted[:, 1] = angles.cos(), angles.sin()
    assert torch.allclose(path, wanted, atol=1e-7)


def test_an_arc_between_unit_vectors_keeps_its_norm_and_turns_evenly() -> None:
    first, last = unit_vectors(2)
    path = interpolate(first, last, 9)
    assert torch.allclose(path.norm(dim=1), torch.ones(9), atol=1e-6)
    steps = (path[1:] * path[:-1]).sum(dim=1)
    assert torch.allclose(steps, steps[:1].expand(8), atol=1e-6)
    assert interpolate(first, last, 9, "linear").norm(dim=1)[4] < 0.95


def test_linear_is_the_straight_line() -> None:
    path = interpolate(torch.tensor([0.0, 2.0]), torch.tensor([4.0, 0.0]), 5, "linear")
    assert torch.equal(path, torch.tensor([[0.0, 2.0], [1.0, 1.5], [2.0, 1.0], [3.0, 0.5], [4.0, 0.0]]))


@pytest.mark.parametrize("kind", ["linear", "spherical"])
@pytest.mark.parametrize("frames", [2, 3, 25])
def test_ends_are_exact(kind, frames: int) -> None:
    first, last = 3.7 * unit_vectors(2, 64, seed=frames)
    path = interpolate(first, last, frames, kind)
    assert path.shape == (frames, 64)
    assert path.dtype == torch.float32
    assert torch.equal(path[0], first)
    assert torch.equal(path[-1], last)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ([1.0, 2.0, 2.0], [2.0, 4.0, 4.0]),  # parallel, of two lengths
        ([1.0, 2.0, 2.0], [1.0, 2.0, 2.0]),
        ([1.0, 2.0, 2.0], [-1.0, -2.0, -2.0]),  # opposite: an arc on every side
        ([0.0, 0.0, 0.0], [1.0, 2.0, 2.0]),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    ],
)
def test_without_an_arc_of_its_own_the_path_is_linear(first: list[float], last: list[float]) -> None:
    ends = torch.tensor([first, last])
    path = interpolate(*ends, 5, "spherical")
    assert torch.equal(path, interpolate(*ends, 5, "linear"))
    assert torch.isfinite(path).all()


@pytest.mark.parametrize("angle", [1e-5, math.pi - 1e-5])
def test_nearly_parallel_ends_are_safe(angle: float) -> None:
    first = torch.tensor([1.0, 0.0], dtype=torch.double)
    last = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.double)
    path = interpolate(first, last, 5)
    assert torch.allclose(path[2], torch.tensor([math.cos(angle / 2), math.sin(angle / 2)]).double(), atol=1e-4)


def test_rows_are_paths_of_their_own() -> None:
    firsts, lasts = unit_vectors(4, seed=1), unit_vectors(4, seed=2)
    together = interpolate(firsts, lasts, 6)
    assert together.shape == (6, 4, 16)
    assert torch.equal(together[:, 2], interpolate(firsts[2], lasts[2], 6))


@pytest.mark.parametrize("kind", ["linear", "spherical"])
def test_corners_and_edges_of_a_grid(kind) -> None:
    corners = 2.5 * unit_vectors(4, 8)
    grid = morph_grid(corners, 5, kind)
    assert grid.shape == (25, 8)
    assert torch.equal(grid[[0, 4, 20, 24]], corners)
    assert torch.equal(grid[:5], interpolate(corners[0], corners[1], 5, kind))
    assert torch.equal(grid[::5], interpolate(corners[0], corners[2], 5, kind))


@pytest.mark.parametrize(
    "wrong", [{"frames": 1}, {"kind": "cubic"}, {"last": torch.zeros(3)}], ids=["one frame", "kind", "sizes"]
)
def test_what_is_no_path_is_named(wrong: dict) -> None:
    asked = {"first": torch.ones(2), "last": torch.zeros(2), "frames": 5} | wrong
    with pytest.raises(SamplingError, match=r"frames|path"):
        interpolate(**asked)


def test_common_generators_give_every_row_the_same_numbers_and_no_chain_these() -> None:
    generators = common_generators(7, 5)
    for shape in ((3,), (2, 4)):  # a second draw goes on where the first ended
        drawn = randn((5, *shape), generators)
        assert torch.equal(drawn, drawn[:1].expand_as(drawn))
    assert not torch.equal(randn((1, 3), common_generators(7, 1)), randn((1, 3), common_generators(8, 1)))
    first_numbers = randn((1, 3), common_generators(7, 1))
    assert not any(torch.equal(first_numbers[0], row) for row in randn((50, 3), chain_generators(7, 50)))


NOISY = {"decoding": "sample", "corruption": "model"}


@pytest.mark.parametrize("options", [{}, NOISY])
def test_with_shared_noise_equal_starts_stay_equal(tiny_model, options: dict) -> None:
    start = torch.randn(1, tiny_model.latent_size, generator=torch.Generator().manual_seed(0)).expand(6, -1)
    shared = run_chain(tiny_model, start=start, steps=3, options=options, noise="shared", batch_size=4)
    assert torch.allclose(shared.latents[3], shared.latents[3][:1].expand(6, -1), atol=1e-5)
    own = run_chain(tiny_model, start=start, steps=3, options=options)
    assert len(own.latents[3].unique(dim=0)) == 6


def test_shared_noise_does_not_depend_on_what_runs_beside(tiny_model) -> None:
    start = torch.randn(5, tiny_model.latent_size, generator=torch.Generator().manual_seed(0))
    together = run_chain(tiny_model, start=start, steps=3, noise="shared")
    alone = run_chain(tiny_model, start=start[3:4], steps=3, noise="shared")
    assert torch.allclose(together.latents[3][3:4], alone.latents[3], atol=1e-5)


def test_shared_noise_leaves_starting_points_alone(tiny_model) -> None:
    own = run_chain(tiny_model, count=4, steps=1)
    shared = run_chain(tiny_model, count=4, steps=1, noise="shared")
    assert torch.equal(own.latents[0], shared.latents[0])
    assert not torch.allclose(own.latents[1], shared.latents[1])


def test_own_noise_is_what_it_was(tiny_model) -> None:
    """A chain's noise goes on where its starting point ended: the numbers of `chain_generators`, in their order."""
    generators = chain_generators(7, 4)
    start = randn((4, tiny_model.latent_size), generators)
    run = run_chain(tiny_model, count=4, steps=1, seed=7, noise="own")
    assert torch.equal(run.latents[0], start)
    with torch.no_grad():
        wanted = tiny_model.encode(tiny_model.decode(start).mean).sample(ChainNoise.of(generators))
    assert torch.allclose(run.latents[1], wanted, atol=1e-5)  # Few rows are filled up, and may round otherwise.
    assert torch.equal(run_chain(tiny_model, count=4, steps=1, seed=7).latents[1], run.latents[1])


def test_another_kind_of_noise_is_named(tiny_model) -> None:
    with pytest.raises(SamplingError, match="noise is 'none'"):
        run_chain(tiny_model, count=1, steps=1, noise="none")  # type: ignore[arg-type]


def test_shared_noise_keeps_a_path_of_a_trained_model_together() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    first, last = randn((2, model.latent_size), chain_generators(7, 2))
    path = interpolate(first, last, 9)
    lengths = {
        noise: run_chain(model, start=path, steps=1, noise=noise).images[1].diff(dim=0).abs().mean()
        for noise in ("own", "shared")
    }
    assert lengths["shared"] < 0.7 * lengths["own"]
