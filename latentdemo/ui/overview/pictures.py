"""The pictures of the overview: real data, prior samples, and what the advised way to sample gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images, held_out_written
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report import Row
from latentdemo.export.settings import TILE
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.starts import keeps_places
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.shipped import Shipped, shipped, shipped_sheet
from latentdemo.ui.runs.comparison import Request, begin_comparison, blank_sheet, comparison_or_wait
from latentdemo.ui.state.selection import Selection

COUNT, COLUMNS = 24, 6


def way_heading(row: Row) -> str:
    """What stands above the pictures of a way to sample."""
    if not row.kernel:
        return _("Drawn from the {start}", start=start_title(row.start))
    return _("After 1 step") if row.steps == 1 else _("After {steps} steps", steps=row.steps)


def prior_request(chosen: Selection) -> Request:
    """Samples straight from the prior."""
    spec = ChainSpec(count=COUNT, steps=0, seed=chosen.seed)
    return Request(chosen.model, chosen.config.sha256, spec, (0,), COLUMNS)


def way_request(chosen: Selection, row: Row) -> Request:
    """What a way to sample makes of the same seed."""
    spec = row.spec.replaced(count=COUNT, seed=chosen.seed)
    return Request(chosen.model, chosen.config.sha256, spec, (row.steps,), COLUMNS, densities=chosen.densities)


def ships(chosen: Selection) -> bool:
    """Whether the pictures of the first screen ship."""
    return shipped() == Shipped(chosen.model, chosen.config.sha256, chosen.seed)


def prior_sheet(chosen: Selection) -> bytes | None:
    """A sheet of prior samples as PNG; None where there is none yet, see `comparison_or_wait`."""
    if ships(chosen):
        return shipped_sheet("prior")
    prior = comparison_or_wait(prior_request(chosen))
    return prior.sheets[0].png if prior else None


def places_in_words(row: Row) -> str:
    """What stands under both pictures."""
    if keeps_places(row.start):
        return _("Unselected samples. In every place both pictures come from the same random point: drag the line.")
    return _("Unselected samples; those on the right are draws of their own, not what the left ones became.")


def begin_way(chosen: Selection, row: Row) -> None:
    """Begin what `way_sheet` will be asked for; the model is loaded meanwhile."""
    begin_comparison(way_request(chosen, row))


def way_sheet(chosen: Selection, row: Row) -> bytes | None:
    """The same of what a way to sample makes of that seed."""
    made = comparison_or_wait(way_request(chosen, row))
    return made.sheets[row.steps].png if made else None


def real_sheet(chosen: Selection) -> bytes | None:
    """A sheet of held-out images as PNG, other ones for another seed; None where there are none."""
    if ships(chosen):
        return shipped_sheet("real")
    folder = model_folder(chosen.model).parent
    return kept_sheet(folder, held_out_written(folder), chosen.seed)


@st.cache_data(max_entries=64, show_spinner=False)
def kept_sheet(folder: Path, written: int, seed: int) -> bytes | None:
    """The sheet of a data set's folder, whose held-out images were written at that time."""
    return sheet_of_held_out(folder, seed)


def sheet_of_held_out(folder: Path, seed: int) -> bytes | None:
    """A sheet of random held-out images of a data set's folder as PNG; None where there are none."""
    try:
        images = held_out_images(folder)
    except LatentdemoError:
        return None
    tiles = images.tensor(random_rows(len(images), seed))
    return png_bytes(contact_sheet(tiles, COLUMNS, max(1, TILE // tiles.shape[-1])))


def random_rows(count: int, seed: int) -> np.ndarray:
    """Numbers of the images that are shown, of so many that there are."""
    return np.random.default_rng(seed).choice(count, min(COUNT, count), replace=False)


def place_of_sheet(chosen: Selection) -> bytes:
    """A sheet without pictures as PNG, as large as those of this page."""
    return blank_sheet(COUNT, chosen.config.network.image_size, prior_request(chosen).layout)
