"""One repetition: figures are those of the whole sample, however its chains were batched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from latentdemo import load_model
from latentdemo.checkpoints import checkpoints_dir, load_trained
from latentdemo.data import ImageSet, read_held_out
from latentdemo.evaluation import FeatureSpace
from latentdemo.evaluation.compute import Here
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.reduced.sample import Gathered, Numbers
from latentdemo.evaluation.repetition import Repetition, Subject
from latentdemo.sampling import ChainRun, ChainSpec, run_chain
from latentdemo.sampling.encodings import encode_set

MODEL = "fashion-mnist/vae"
ARM = Arm(ChainSpec(steps=1), (1,))


@pytest.fixture(scope="module")
def held_out() -> ImageSet:
    return ImageSet(read_held_out(checkpoints_dir() / "fashion-mnist").pixels[:600])


def part(run: ChainRun, rows: slice) -> ChainRun:
    """Some chains of a run that reports nothing but recorded steps."""
    latents = {step: values[rows] for step, values in run.latents.items()}
    images = {step: values[rows] for step, values in run.images.items()}
    info = type(run.info)({name: value[:, rows] for name, value in run.info.items()})
    return ChainRun(latents, images, info, run.seconds)


def measured(run: ChainRun, sizes: tuple[int, ...], held_out: ImageSet) -> Numbers:
    """The figures of a run whose chains come in batches of some sizes."""

    def batches(*_: Any, **__: Any) -> Iterator[ChainRun]:
        first = 0
        for size in sizes:
            yield part(run, slice(first, first + size))
            first += size

    model = load_model(MODEL, "cpu", precision="float32")
    pixels = FeatureSpace(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "coarse pixels")
    subject = Subject(model, model, {"pixels": pixels}, held_out, None, Here("cpu", batches))
    rows = np.arange(sum(sizes))
    return Repetition(subject, rows, rows, seed=0).measure(ARM, None)["1"]


def test_a_last_batch_of_a_single_chain_that_stays_counts_as_any_other(held_out: ImageSet) -> None:
    moved = run_chain(load_model(MODEL, "cpu"), count=257, steps=1, record=(0, 1))
    stays = ChainRun(dict.fromkeys((0, 1), moved.latents[0]), dict.fromkeys((0, 1), moved.images[0]), moved.info, {})
    figures = measured(stays, (256, 1), held_out)
    assert (figures["image_kept"], figures["latent_kept"]) == (1.0, 1.0)


def test_what_is_kept_of_the_start_hardly_depends_on_the_batches(held_out: ImageSet) -> None:
    run = run_chain(load_model(MODEL, "cpu"), count=40, steps=1, record=(0, 1))
    together, apart = measured(run, (40,), held_out), measured(run, (13, 1, 26), held_out)
    assert together.keys() == apart.keys()
    for name in ("image_kept", "latent_kept"):
        assert 0.0 < apart[name] < 1.0
        assert apart[name] == pytest.approx(together[name], abs=0.02)
    assert apart["sharpness"] == pytest.approx(together["sharpness"])


def test_figures_of_many_samples_are_the_same_whoever_walks_which_chains(held_out: ImageSet) -> None:
    model = load_model(MODEL, "cpu", precision="float32")
    pixels = FeatureSpace(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "coarse pixels")
    rows = np.arange(50)
    repetition = Repetition(Subject(model, model, {"pixels": pixels}, held_out, None), rows, rows, 3, samples=300)
    whole = repetition.measure(replace(ARM, steps=(0, 1)), None)
    gathered = {step: Gathered() for step in (0, 1)}
    for chains in (range(100, 300), range(100)):
        for step, sample in repetition.walk(replace(ARM, steps=(0, 1)), chains).items():
            gathered[step].add(sample)
    assert gathered[1].count == 300
    assert len(gathered[1].whole().latents) == 50
    parts = repetition.figures({step: each.whole() for step, each in gathered.items()})
    for step, numbers in whole.items():
        assert parts[step] == pytest.approx(numbers, rel=1e-6, abs=1e-9)


def test_reference_latents_are_those_of_the_model_as_it_was_trained(held_out: ImageSet) -> None:
    served, trained = load_model(MODEL, "cpu", precision="bf16"), load_trained(MODEL, "cpu")
    few = ImageSet(held_out.pixels[:20])
    subject = Subject(served, trained, {"pixels": FeatureSpace(nn.Flatten(), "pixels")}, few, None)
    assert torch.equal(subject.encodings.mean, encode_set(trained, few).mean)
    assert not torch.equal(subject.encodings.mean, encode_set(served, few).mean)
