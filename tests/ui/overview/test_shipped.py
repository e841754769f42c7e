"""The pictures of the first screen that ship are those that the model makes."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from latentdemo.checkpoints import load_model, load_trained, model_folder, read_config
from latentdemo.export.picture import sheet_of
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import run_chain
from latentdemo.ui.overview.pictures import prior_request, real_sheet, ships
from latentdemo.ui.overview.ship import MODEL
from latentdemo.ui.overview.shipped import FOLDER, shipped, shipped_sheet
from latentdemo.ui.state.selection import DEFAULT_SEED, Selection, families_by_dataset

MOST_BYTES = 200_000
Load = Callable[[str, str], GenerativeAutoencoder]
HOW = "make them anew with: python -m latentdemo.ui.overview.ship"


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)), dtype=int)


@pytest.fixture
def chosen() -> Selection:
    """What is shown unless somebody chose something else."""
    dataset, families = next(iter(families_by_dataset().items()))
    name = f"{dataset}/{'vae' if 'vae' in families else families[0]}"
    return Selection(name, read_config(model_folder(name)), DEFAULT_SEED)


def test_they_are_of_what_is_shown_at_first(chosen: Selection) -> None:
    assert chosen.model == MODEL == shipped().model
    assert ships(chosen), HOW
    assert not ships(Selection(chosen.model, chosen.config, DEFAULT_SEED + 1))
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES


@pytest.mark.parametrize(("load", "levels"), [(load_trained, 1), (load_model, 4)])
def test_prior_samples_are_the_models_within_what_nobody_sees(chosen: Selection, load: Load, levels: int) -> None:
    request = prior_request(chosen)
    run = run_chain(load(MODEL, "cpu"), request.spec)
    made = np.asarray(sheet_of(run.images[0], request.layout), dtype=int)
    assert np.abs(made - pixels(shipped_sheet("prior"))).max() <= levels, HOW


def test_real_pictures_are_those_that_are_drawn_for_that_seed(chosen: Selection, monkeypatch) -> None:
    kept = pixels(shipped_sheet("real"))
    monkeypatch.setattr("latentdemo.ui.overview.pictures.ships", lambda _chosen: False)
    assert np.array_equal(pixels(real_sheet(chosen) or b""), kept), HOW
