"""Attribute directions: the closed form on a linear map, and moves of a shipped model."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdemo import load_model
from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data.held_out import Labels, held_out_images, held_out_labels
from latentdemo.errors import SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import attributes
from latentdemo.sampling.attributes import (
    LEAST,
    attributes_of,
    directions_of,
    find_directions,
    fitted_rows,
    judging_rows,
    move,
    moved,
)

CLOTHES = checkpoints_dir() / "fashion-mnist"
COUNT, SIZE = 40_000, 4


@dataclass
class Linear:
    """z = mean + L u, which carries N(0, I) to N(mean, L L^T)."""

    matrix: Tensor
    mean: Tensor

    def transport(self, noise: Tensor) -> Tensor:
        return self.mean + noise @ self.matrix.T

    def inverse(self, latents: Tensor) -> Tensor:
        return torch.linalg.solve(self.matrix, (latents - self.mean).T).T


@pytest.fixture(scope="module")
def linear() -> Linear:
    generator = torch.Generator().manual_seed(1)
    matrix = torch.eye(SIZE) + 0.4 * torch.randn(SIZE, SIZE, generator=generator)
    return Linear(matrix, torch.randn(SIZE, generator=generator))


@pytest.fixture(scope="module")
def known(linear: Linear) -> tuple[Tensor, Labels, Tensor]:
    """Latents, what they show, and the direction in the base space along which it is shown beyond 1."""
    points = torch.randn(COUNT, SIZE, generator=torch.Generator().manual_seed(2))
    towards = torch.tensor([0.6, -0.8, 0.0, 0.0])
    shown = (points @ towards > 1.0).long().numpy()
    return linear.transport(points), Labels({"hat": shown}, {"hat": ["none", "tall"]}), towards


def test_the_direction_is_recovered_in_the_base_space_and_no_latent_difference_is_it(linear, known) -> None:
    latents, labels, towards = known
    found = find_directions(linear.inverse(latents), labels).of("hat", "tall")
    assert found.unit @ towards == pytest.approx(1.0, abs=2e-3)
    assert found.spread == pytest.approx(1.0, abs=0.02)
    density, above = math.exp(-0.5) / math.sqrt(2.0 * math.pi), 0.5 * math.erfc(math.sqrt(0.5))
    assert found.separation == pytest.approx(density / above + density / (1.0 - above), rel=0.02)
    straight = find_directions(latents, labels).of("hat", "tall")
    assert straight.unit @ towards < 0.98
    assert straight.spread != pytest.approx(1.0, abs=0.05)


def test_opposite_values_have_opposite_directions(linear, known) -> None:
    found = find_directions(linear.inverse(known[0]), known[1])
    assert torch.allclose(found.of("hat", "none").unit, -found.of("hat", "tall").unit, atol=1e-5)


@pytest.mark.parametrize("amount", [-2.0, 0.5, 3.0])
def test_a_move_goes_by_its_amount_along_the_image_of_the_direction(linear, known, amount) -> None:
    latents, labels, towards = known
    step = amount * find_directions(linear.inverse(latents), labels).of("hat", "tall").step
    after = moved(latents[:50], step, linear)
    wanted = latents[:50] + linear.matrix @ (amount * towards)
    assert torch.allclose(after, wanted, atol=0.15)
    along = (linear.inverse(after) - linear.inverse(latents[:50])) @ towards
    assert torch.allclose(along, torch.full_like(along, amount), rtol=0.02)


def test_values_that_few_pictures_show_have_no_direction() -> None:
    shown = np.zeros(500, int)
    shown[:LEAST], shown[LEAST : 2 * LEAST - 1] = 1, 2
    labels = Labels({"hat": shown, "all alike": np.zeros(500, int)}, {"hat": ["a", "b", "c"], "all alike": ["d"]})
    found = find_directions(torch.randn(500, 3, generator=torch.Generator().manual_seed(0)), labels)
    assert {name: list(values) for name, values in found.known.items()} == {"hat": ["a", "b"]}


def test_encodings_that_all_are_one_move_nothing() -> None:
    shown = np.arange(100) % 2
    found = find_directions(torch.ones(100, 3), Labels({"hat": shown}, {"hat": ["a", "b"]})).of("hat", "a")
    assert found.step.tolist() == [0.0, 0.0, 0.0]
    assert found.separation == 0.0


@pytest.fixture(scope="module")
def model() -> GenerativeAutoencoder:
    return load_model("fashion-mnist/vae", "cpu")


@pytest.fixture(scope="module")
def latents(model: GenerativeAutoencoder) -> Tensor:
    with torch.no_grad():
        return model.encode(held_out_images(CLOTHES).tensor(slice(0, 8))).mean


def test_a_move_by_nothing_changes_nothing_to_the_bit(model, latents) -> None:
    for amount in (0, 0.0, -0.0):
        assert move(model, latents, "class", "Bag", amount).equal(latents)
    assert move(model, latents, "class", "Bag", 1e-5) == pytest.approx(latents, abs=1e-3)


def test_moves_depend_on_no_other_row_and_not_on_who_computes(model, latents) -> None:
    asked: list[object] = []

    def call(work):
        asked.append(work)
        return work()

    directions_of(model)  # which are found once
    whole = move(model, latents, "class", "Bag", 2.0, call=call)
    assert len(asked) == 1
    assert torch.allclose(whole[:3], move(model, latents[:3], "class", "Bag", 2.0), atol=1e-4)
    assert (whole - latents).norm(dim=1).min() > 0.5


def test_what_has_a_direction_is_known_without_finding_it(model) -> None:
    found = directions_of(model)
    assert {name: list(values) for name, values in found.known.items()} == attributes_of(CLOTHES)
    assert "Bag" in attributes_of(CLOTHES)["class"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("hat", "Bag", 1.0), "no direction of attribute 'hat'; known are class"),
        (("class", "Hat", 1.0), "no direction of class 'Hat'; known are T-shirt/top, Trouser"),
        (("class", "Hat", 0.0), "no direction of class 'Hat'"),
        (("class", "Bag", math.nan), "a move by nan: take a finite number"),
        (("class", "Bag", math.inf), "a move by inf: take a finite number"),
    ],
    ids=str,
)
def test_what_cannot_be_moved_is_named(model, latents, asked, words) -> None:
    with pytest.raises(SamplingError, match=words):
        move(model, latents, *asked)


def test_pictures_that_judge_are_not_those_that_directions_are_taken_from() -> None:
    for count, fitted in ((0, 0), (1, 0), (301, 150), (5000, 2500), (9000, 2500)):
        assert len(fitted_rows(count)) == fitted
        assert sorted([*fitted_rows(count), *judging_rows(count)]) == list(range(count))


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index | {"labels": {}},
        lambda index: index | {"label_names": 3},
        lambda index: index | {"count": 3},
        lambda index: index | {"labels": {"class": [[0]]}},
    ],
)
def test_without_labels_that_can_be_read_there_is_nothing_to_move(tmp_path: Path, change) -> None:
    index = json.loads((CLOTHES / "held-out.json").read_text(encoding="utf-8"))
    (tmp_path / "held-out.json").write_text(json.dumps(change(index)), encoding="utf-8")
    assert attributes_of(tmp_path) == {}
    assert held_out_labels(tmp_path / "none") == ({}, {})


def test_a_model_without_labels_says_so(tmp_path: Path, monkeypatch) -> None:
    shutil.copytree(CLOTHES / "vae", tmp_path / "fashion-mnist" / "vae")
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(attributes, "_kept", {})
    copied = load_model("fashion-mnist/vae", "cpu")
    with pytest.raises(SamplingError, match="attributes need labelled held-out images"):
        move(copied, torch.zeros(1, copied.latent_size), "class", "Bag", 1.0)
