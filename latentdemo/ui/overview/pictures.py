"""The pictures of the overview: real data, prior samples, and what the advised way to sample gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images, held_out_written
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report import Report, Row
from latentdemo.export.settings import TILE
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.sampling import ChainSpec
from latentdemo.ui.runs.comparison import Request, blank_sheet
from latentdemo.ui.state.selection import Selection

COUNT, COLUMNS = 24, 6
PLAIN_ROW = Row({}, spec=ChainSpec(steps=5))  # is shown where nothing is advised


def advised(report: Report | None) -> Row:
    """The way to sample that is shown: the recommended one, else a few steps of the plain chain."""
    return report.recommended if report and report.recommended else PLAIN_ROW


def prior_request(chosen: Selection) -> Request:
    """Samples straight from the prior."""
    spec = ChainSpec(count=COUNT, steps=0, seed=chosen.seed)
    return Request(chosen.model, chosen.config.sha256, spec, (0,), COLUMNS)


def way_request(chosen: Selection, row: Row) -> Request:
    """What a way to sample makes of the same seed."""
    spec = row.spec.replaced(count=COUNT, seed=chosen.seed)
    return Request(chosen.model, chosen.config.sha256, spec, (row.steps,), COLUMNS, densities=chosen.densities)


def real_sheet(chosen: Selection) -> bytes | None:
    """A sheet of held-out images as PNG, other ones for another seed; None where there are none."""
    folder = model_folder(chosen.model).parent
    return sheet_of_held_out(folder, held_out_written(folder), chosen.seed)


@st.cache_data(max_entries=64, show_spinner=False)
def sheet_of_held_out(folder: Path, written: int, seed: int) -> bytes | None:
    """A sheet of random held-out images of a data set's folder, which were written at that time."""
    try:
        images = held_out_images(folder)
    except LatentdemoError:
        return None
    rows = np.random.default_rng(seed).choice(len(images), min(COUNT, len(images)), replace=False)
    tiles = images.tensor(rows)
    return png_bytes(contact_sheet(tiles, COLUMNS, max(1, TILE // tiles.shape[-1])))


def place_of_sheet(chosen: Selection) -> bytes:
    """A sheet without pictures as PNG, as large as those of this page."""
    return blank_sheet(COUNT, chosen.config.network.image_size, prior_request(chosen).layout)
