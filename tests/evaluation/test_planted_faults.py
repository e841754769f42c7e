"""Samplers with a planted fault are found out by the recommendation, even where they cost less than an honest one.

The "model" is a perfect one: its latents are pictures, so that a sampler may draw any pictures at all. Straight from
the prior come pictures with mixed parts; the honest sampler draws real ones that neither the comparison nor the
training set holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from latentdemo import adapt
from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import ImageSet, read_held_out
from latentdemo.evaluation.features.damage import mixed, warped
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.findings.recommend import recommend
from latentdemo.evaluation.measuring import measure_all
from latentdemo.evaluation.protocol import direct_draw
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import Row
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.sampling.starts import PRIOR

COUNT, SEEDS = 250, range(8)
HONEST = "honest"
Planted = Callable[[ImageSet, ImageSet, np.random.Generator], Tensor]
"""Makes COUNT pictures from real ones that are free to be shown, and training images."""


def pictures(images: ImageSet, rows: np.ndarray) -> Tensor:
    return images.tensor(rows)


def one_picture(free: ImageSet, _training: ImageSet, random: np.random.Generator) -> Tensor:
    return pictures(free, np.full(COUNT, 7)) + torch.from_numpy(random.uniform(0, 0.01, (COUNT, 1, 1, 1))).float()


def no_bags(free: ImageSet, _training: ImageSet, random: np.random.Generator) -> Tensor:
    others = np.flatnonzero(free.labels["class"] != free.label_names["class"].index("Bag"))
    return pictures(free, random.choice(others, COUNT, replace=False))


def twice_as_many_blondes(free: ImageSet, _training: ImageSet, random: np.random.Generator) -> Tensor:
    colours = free.labels["hair_color"]
    commonest = int(np.bincount(colours).argmax())
    share = np.mean(colours == commonest)
    number = round(2 * share * COUNT)
    chosen = [
        random.choice(np.flatnonzero((colours == commonest) == wanted), count, replace=False)
        for wanted, count in ((True, number), (False, COUNT - number))
    ]
    return pictures(free, random.permutation(np.concatenate(chosen)))


def training_images(_free: ImageSet, training: ImageSet, random: np.random.Generator) -> Tensor:
    return pictures(training, random.choice(len(training), COUNT, replace=False))


def sharp_but_wrong(free: ImageSet, _training: ImageSet, random: np.random.Generator) -> Tensor:
    """Halves of two pictures, cut with a sharp edge, in full contrast."""
    first, second = (pictures(free, random.choice(len(free), COUNT, replace=False)) for _ in range(2))
    half = first.shape[-1] // 2
    return (torch.cat([first[..., :half], second[..., half:]], dim=-1) * 1.2).clamp(0, 1)


def as_good_as_the_prior(free: ImageSet, _training: ImageSet, random: np.random.Generator) -> Tensor:
    return damaged(free, random)


def honest(free: ImageSet, _training: ImageSet, random: np.random.Generator) -> Tensor:
    return pictures(free, random.choice(len(free), COUNT, replace=False))


def damaged(free: ImageSet, random: np.random.Generator) -> Tensor:
    generator = torch.Generator().manual_seed(int(random.integers(2**31)))
    images = pictures(free, random.choice(len(free), COUNT, replace=False))
    return warped(mixed(images, generator, 0.8), generator, 0.8)


def rows_of(dataset: str, planted: dict[str, Planted]) -> list[Row]:
    """Ways to sample: straight from the prior, and every planted sampler, the honest one the dearest."""
    everything = read_held_out(checkpoints_dir() / dataset)
    training, free, held_out = (part(everything, slice(*ends)) for ends in ((0, 1500), (1500, 3000), (3000, 5000)))
    size = int(np.prod(everything.pixels.shape[1:]))
    shape = (everything.pixels.shape[3], *everything.pixels.shape[1:3])
    model = adapt(
        lambda images: images.flatten(1), lambda latents: latents.unflatten(1, shape), latent_size=size,
        image_shape=shape,
    )  # fmt: skip
    drawn = {
        name: {seed: make(free, training, np.random.default_rng(seed)).flatten(1) for seed in SEEDS}
        for name, make in (planted | {HONEST: honest, PRIOR: as_good_as_the_prior}).items()
    }
    if "as good as the prior" in drawn:
        drawn["as good as the prior"] = {
            seed: damaged(free, np.random.default_rng((seed, 1))).flatten(1) for seed in SEEDS
        }
    spaces = {name: space for name, space in load_spaces(dataset, "cpu").items() if name in ("damage", "labels")}
    subject = Subject(model, model, spaces, held_out, training, drawn=drawn)
    arms = [direct_draw(name) for name in (PRIOR, *planted, HONEST)]
    rows, _references = measure_all(subject, arms, COUNT, SEEDS, Unfinished(None, []), None, None)
    return [replace(row, milliseconds=float(number)) for number, row in enumerate(rows)]


def part(images: ImageSet, rows: slice) -> ImageSet:
    return ImageSet(
        images.pixels[rows], {name: values[rows] for name, values in images.labels.items()}, images.label_names
    )


CLOTHES: dict[str, Planted] = {
    "one picture": one_picture,
    "no bags": no_bags,
    "training images": training_images,
    "sharp but wrong": sharp_but_wrong,
    "as good as the prior": as_good_as_the_prior,
}
FACES: dict[str, Planted] = {"twice as many": twice_as_many_blondes}


@pytest.fixture(scope="module")
def measured() -> dict[str, list[Row]]:
    return {"fashion-mnist": rows_of("fashion-mnist", CLOTHES), "avatars": rows_of("avatars", FACES)}


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["fashion-mnist", "avatars"])
def test_the_honest_sampler_is_recommended_though_all_others_cost_less(measured, dataset: str) -> None:
    rows = measured[dataset]
    advice = recommend(rows)
    assert advice.row is not None
    assert rows[advice.row].start == HONEST


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "fault", "found"),
    [
        ("fashion-mnist", "one picture", {"chance", "coverage", "no gap"}),
        ("fashion-mnist", "no bags", {"mix", "chance", "unconfirmed", "coverage"}),
        ("fashion-mnist", "training images", {"copies"}),
        ("fashion-mnist", "sharp but wrong", {"chance"}),
        ("fashion-mnist", "as good as the prior", {"chance"}),
        ("avatars", "twice as many", {"mix", "coverage"}),
    ],
)
def test_a_planted_fault_alone_with_the_prior_is_named(measured, dataset: str, fault: str, found: set[str]) -> None:
    rows = [row for row in measured[dataset] if row.is_prior or row.start == fault]
    advice = recommend(rows)
    assert advice.row is None
    assert advice.reason in found
