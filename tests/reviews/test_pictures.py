"""Pairs of pictures: as they were made, and as large whichever they are."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from latentdemo.checkpoints import load_model, model_folder, read_config
from latentdemo.data.held_out import held_out_images
from latentdemo.engine import Job
from latentdemo.reviews.pairs import PICTURES, pairs_of
from latentdemo.reviews.pictures import make_sheets, pair_png, pictures_in, pixels_of, sheet_of
from latentdemo.reviews.review import Plan, Way
from latentdemo.reviews.vote import NOISE, REAL
from latentdemo.sampling import ChainSpec, run_chain
from tests.reviews.conftest import PLAN

MODEL = "fashion-mnist/vae"


def test_the_pictures_are_those_of_the_seed() -> None:
    spec = ChainSpec(steps=1)
    config = read_config(model_folder(MODEL))
    plan = Plan(MODEL, config.sha256, "", (Way(ChainSpec(steps=0)), Way(spec)))
    job = Job("", lambda job: make_sheets(plan, 11, job))
    assert job.wait(60)
    assert job.result is not None
    made = {name: pictures_in(sheet) for name, sheet in job.result.items()}
    assert list(made) == [*(way.name for way in plan.ways), REAL]
    run = run_chain(load_model(MODEL, "cpu"), spec, count=PICTURES, seed=11, record=(1,))
    expected = run.images[1].permute(0, 2, 3, 1).numpy()
    assert np.abs(made[Way(spec).name] / 255 - expected).max() < 0.01
    held_out = held_out_images(model_folder(MODEL).parent).pixels
    assert (held_out == made[REAL][0][..., :1]).all(axis=(1, 2, 3)).any()


def test_all_pairs_weigh_the_same_and_show_what_they_should() -> None:
    chance = np.random.default_rng(0)
    names = ("prior", "decode-encode, 5 steps", REAL)
    pictures = {
        name: chance.integers(0, 2 + 100 * place, (PICTURES, 8, 8, 3), np.uint8) for place, name in enumerate(names)
    }
    sheets = {name: pictures_in(sheet_of(each)) for name, each in pictures.items()}
    assert all((sheets[name] == pictures[name]).all() for name in names)
    shown = pairs_of(PLAN, True, 3)
    files = [pair_png(pair, sheets, 5) for pair in shown]
    assert len({len(file) for file in files}) == 1
    for pair, file in zip(shown, files, strict=True):
        with Image.open(io.BytesIO(file)) as picture:
            pixels = np.asarray(picture)
        assert picture.info == {}
        assert (pixels[:, :8] == pixels_of(pair.left, sheets, 5)).all()
        assert (pixels[:, 8:] == pixels_of(pair.right, sheets, 5)).all()
    noise = next(pair for pair in shown if pair.control == "noise")
    grain = pixels_of(noise.left if noise.left.way == NOISE else noise.right, sheets, 5)
    assert grain.std() > 50
