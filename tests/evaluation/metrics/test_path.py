import os
import shutil

import pytest
import torch
from torch import nn

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.errors import CheckpointFileMissingError
from latentdemo.evaluation.features.classifier import load_features
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.metrics.path import CONNECTED, PathFigures, ends_kept, measure_path, perceptual_space
from latentdemo.sampling.interpolation import Frames

PIXELS = FeatureSpace(nn.Flatten(), "pixels")


def grey(*values: float) -> torch.Tensor:
    """Images of one grey value each, 4 pixels a side."""
    return torch.tensor(values)[:, None, None, None].expand(-1, 1, 4, 4).clone()


def path(*values: float, latents: torch.Tensor | None = None) -> Frames:
    return Frames(torch.tensor(values)[:, None] if latents is None else latents, grey(*values))


def test_steps_are_distances_between_neighbours_in_the_feature_space() -> None:
    figures = measure_path(path(0.0, 0.1, 0.4), path(0.0, 0.1, 0.4), PIXELS)
    assert figures.steps == pytest.approx((0.4, 1.2))  # 16 pixels, so 4 times the difference
    assert figures.largest_jump == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("values", "jump"), [((0.0, 0.25, 0.5, 0.75, 1.0), 1.0), ((0.0, 0.0, 0.0, 1.0, 1.0), 4.0), ((0.5, 0.5, 0.5), None)]
)
def test_evenness_from_an_even_path_to_one_that_jumps(values: tuple[float, ...], jump: float | None) -> None:
    figures = measure_path(path(*values), path(*values), PIXELS)
    assert figures.largest_jump == (None if jump is None else pytest.approx(jump))


def test_shifts_are_in_units_of_the_distance_between_the_ends() -> None:
    original = path(0.0, 0.4, 0.8)
    figures = measure_path(path(0.2, 0.4, 0.8), original, PIXELS)
    assert figures.image_shift == pytest.approx((0.25, 0.0, 0.0))
    assert figures.latent_shift == pytest.approx((0.25, 0.0, 0.0))


def test_the_uncorrected_path_keeps_its_ends() -> None:
    original = path(0.0, 0.5, 1.0)
    figures = measure_path(original, original, PIXELS)
    assert figures.ends_kept == 1.0
    assert figures.connects
    assert set(figures.image_shift or ()) == {0.0}


@pytest.mark.parametrize(
    ("moved", "kept"),
    [
        ((0.1, 0.5, 1.0), 1 - 0.1 / 0.9),  # one end moved a tenth of the way
        ((0.1, 0.5, 0.6), 1 - 0.4 / 0.6),  # the other one moved more
        ((0.5, 0.5, 1.0), 0.0),  # half-way: as near to the other end as to its own
        ((1.0, 0.5, 0.0), float("-inf")),  # the ends changed places
    ],
)
def test_what_is_left_of_the_ends(moved: tuple[float, ...], kept: float) -> None:
    figures = measure_path(path(*moved), path(0.0, 0.5, 1.0), PIXELS)
    assert figures.ends_kept == pytest.approx(kept, abs=1e-6)
    assert figures.connects == (kept >= CONNECTED)


def test_unrelated_ends_keep_nothing_on_average() -> None:
    generator = torch.Generator().manual_seed(0)
    kept = [ends_kept(*torch.rand(2, 2, 1, 8, 8, generator=generator)) for _ in range(50)]
    assert max(kept) < CONNECTED
    assert sum(kept) / len(kept) == pytest.approx(0.0, abs=0.1)


def test_ends_that_are_the_same_picture_have_no_figures_of_distance() -> None:
    same = path(0.5, 0.5, 0.5)
    figures = measure_path(path(0.1, 0.2, 0.3), same, PIXELS)
    assert figures.image_shift is figures.latent_shift is figures.ends_kept is None
    assert figures.connects


def test_the_feature_space_is_the_shipped_one_or_the_pixels() -> None:
    assert perceptual_space("fashion-mnist", "cpu").digest == load_features("fashion-mnist", "cpu").digest
    assert perceptual_space("no-such-data", "cpu")(grey(0.5)).tolist() == [[0.5] * 16]


def test_the_feature_space_is_found_in_every_root_and_beside_the_model_first(tmp_path, monkeypatch) -> None:
    shipped = checkpoints_dir()
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}{os.pathsep}{shipped}")
    (tmp_path / "fashion-mnist").mkdir()  # where a model of one's own lies, without a feature space
    digest = load_features("fashion-mnist", "cpu", shipped).digest
    assert load_features("fashion-mnist", "cpu").digest == digest
    assert perceptual_space("fashion-mnist", "cpu", tmp_path / "fashion-mnist").digest == digest
    for name in ("features.json", "features.safetensors"):
        shutil.copyfile(shipped / "avatars" / name, tmp_path / "fashion-mnist" / name)
    assert load_features("fashion-mnist", "cpu").config.dataset == "avatars"
    assert load_features("fashion-mnist", "cpu", beside=shipped / "fashion-mnist").digest == digest
    with pytest.raises(CheckpointFileMissingError):
        load_features("fashion-mnist", "cpu", tmp_path / "empty")


def test_figures_of_a_path_that_never_moves() -> None:
    still = PathFigures((0.0, 0.0), None, None, None)
    assert still.largest_jump is None
    assert still.connects
