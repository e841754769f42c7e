import numpy as np
import pytest
import torch
import torch.nn.functional as F

from latentdemo.errors import ImageShapeError
from latentdemo.evaluation.metrics.pictures import (
    image_change,
    memorised_share,
    nearest_distance,
    nearest_training,
    sharpness,
)
from latentdemo.evaluation.metrics.rows import QualityError


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_sharpness_is_the_laplacian_of_the_grey_image() -> None:
    images = noise(3, 3, 8, 10)
    kernel = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]])[None, None]
    expected = F.conv2d(images.mean(dim=1, keepdim=True), kernel).abs().mean(dim=(1, 2, 3))
    assert torch.allclose(sharpness(images), expected, atol=1e-6)


def test_sharpness_of_a_ramp_is_nothing_and_blur_lowers_it() -> None:
    ramp = torch.linspace(0, 1, 16).expand(1, 3, 16, 16)
    assert sharpness(ramp).item() == pytest.approx(0.0, abs=1e-6)
    board = (torch.arange(16)[:, None] + torch.arange(16)).remainder(2).float().expand(2, 1, 16, 16)
    assert sharpness(board).tolist() == [4.0, 4.0]
    assert (sharpness(F.avg_pool2d(board, 3, 1, 1)) < 1.0).all()


def test_image_change_is_in_grey_values_and_pair_by_pair() -> None:
    first = torch.zeros(2, 3, 4, 4)
    second = first.clone()
    second[1, 0] = 0.3
    assert image_change(first, second).tolist() == pytest.approx([0.0, 0.1])


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 1, 2, 8)])
def test_images_of_a_wrong_shape_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageShapeError, match="H and W at least 3"):
        sharpness(torch.zeros(shape))
    with pytest.raises(ImageShapeError, match="twice"):
        image_change(torch.zeros(shape), torch.zeros(2, 1, 8, 8))


def test_the_nearest_training_image_is_found_in_any_block() -> None:
    training, features = noise(25_000, 12), noise(1_200, 12, seed=1)
    expected, rows = torch.cdist(
        features.double(), training.double(), compute_mode="donot_use_mm_for_euclid_dist"
    ).min(dim=1)  # fmt: skip
    assert torch.equal(nearest_training(features, training).rows, rows)
    assert torch.allclose(nearest_distance(features, training), expected, rtol=1e-9)
    assert torch.allclose(nearest_distance(features + 1e3, training + 1e3), expected, rtol=1e-3)


def test_a_copy_is_at_no_distance() -> None:
    training = noise(15_000, 12) + 100.0
    assert nearest_distance(training[[3, 14_999]], training).tolist() == [0.0, 0.0]
    assert nearest_distance(training[:1], training[1:2]).item() == pytest.approx((training[0] - training[1]).norm())


def test_the_nearest_of_near_copies_is_found_though_float32_cannot_tell_them_apart() -> None:
    training, features = 10.0 * noise(1_000, 64).double(), 10.0 * noise(50, 64, seed=1).double()
    steps = torch.tensor([4e-4, 1e-4, 3e-4])[:, None, None]
    copies = features + steps * F.normalize(noise(3, 50, 64, seed=2).double(), dim=-1)
    found = nearest_distance(features, torch.cat([training, copies.flatten(0, 1)]))
    assert found.tolist() == pytest.approx([1e-4] * 50, rel=1e-6)


def test_what_has_no_nearest_image_is_named() -> None:
    with pytest.raises(QualityError, match="one feature space"):
        nearest_distance(noise(5, 3), noise(5, 4))
    with pytest.raises(QualityError, match="training features have shape"):
        nearest_distance(noise(5, 3), noise(0, 3))


def test_memorised_share_is_one_percent_of_new_images_and_rises_with_copies() -> None:
    generator = np.random.default_rng(0)
    held_out, fresh = generator.gamma(9.0, size=20_000), generator.gamma(9.0, size=20_000)
    assert memorised_share(fresh, held_out) == pytest.approx(0.01, abs=0.003)
    half_copied = np.where(np.arange(20_000) % 2, 0.0, fresh)
    assert memorised_share(half_copied, held_out) == pytest.approx(0.505, abs=0.003)
    assert memorised_share(fresh + 10.0, held_out) == 0.0
    with pytest.raises(QualityError, match="at least 100"):
        memorised_share(fresh, held_out[:99])
