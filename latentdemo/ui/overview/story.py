"""What the overview tells of a model: real data, prior samples, and what the advised chain makes of these."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from latentdemo.checkpoints import model_folder
from latentdemo.data import read_held_out
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report import Report, Row
from latentdemo.export.settings import TILE
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.ui.sampling.comparison import Request
from latentdemo.ui.state.selection import Selection

COUNT, COLUMNS = 24, 6
PLAIN = Row("prior", "decode-encode", 5, {})  # shown of a model that nothing is advised for


def advised(report: Report | None) -> Row:
    """The way to sample that is shown: the recommended one, else a few steps of the plain chain."""
    return report.recommended if report and report.recommended else PLAIN


def prior_request(chosen: Selection) -> Request:
    """Samples straight from the prior."""
    return Request(chosen.model, chosen.config.sha256, chosen.seed, COUNT, (0,), COLUMNS)


def way_request(chosen: Selection, row: Row) -> Request:
    """What a way to sample makes of the same seed."""
    return Request(
        chosen.model,
        chosen.config.sha256,
        chosen.seed,
        COUNT,
        (row.steps,),
        COLUMNS,
        row.kernel,
        row.start,
        row.options.get("decoding", "mean"),
        row.options.get("corruption", "off"),
        row.stop_at,
        densities=chosen.densities,
    )


def real_sheet(chosen: Selection) -> bytes | None:
    """A sheet of held-out images as PNG, other ones for another seed; None where there are none."""
    return sheet_of_held_out(model_folder(chosen.model).parent, chosen.seed)


@st.cache_data(max_entries=64, show_spinner=False)
def sheet_of_held_out(folder: Path, seed: int) -> bytes | None:
    """A sheet of random held-out images of a data set's folder."""
    try:
        images = read_held_out(folder)
    except LatentdemoError:
        return None
    rows = np.random.default_rng(seed).choice(len(images), min(COUNT, len(images)), replace=False)
    tiles = images.tensor(rows)
    return png_bytes(contact_sheet(tiles, COLUMNS, max(1, TILE // tiles.shape[-1])))


@st.cache_data(show_spinner=False)
def blank_sheet() -> bytes:
    """A sheet without pictures as PNG, faint on light and dark."""
    return png_bytes(Image.new("RGBA", (COLUMNS * TILE, COUNT // COLUMNS * TILE), (127, 127, 127, 24)))
