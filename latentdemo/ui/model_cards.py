"""What the page of models shows of each: samples, figures in short, and its card."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from PIL import Image

from latentdemo.engine import RunRequest, engine_for
from latentdemo.errors import LatentdemoError
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.models import model_folder
from latentdemo.models.checkpoint import CARD
from latentdemo.ui.sidebar import DEFAULT_SEED, Selection

PREVIEW = "preview.png"
PREVIEW_COLUMNS, PREVIEW_ROWS, PRIOR_ROW = 12, 8, 4  # of the picture that training leaves: prior samples at the bottom
COLUMNS, ROWS, TILE = 6, 2, 64  # of the small gallery; pixels of a tile at least


def small_gallery(chosen: Selection) -> bytes | None:
    """A few prior samples as PNG: from the picture beside the model, else drawn now; None where neither can be."""
    folder = model_folder(chosen.model)
    written = (folder / PREVIEW).stat().st_mtime_ns if (folder / PREVIEW).exists() else 0
    shipped = from_preview(folder, written) if written else None
    try:
        return shipped or drawn(chosen.model, chosen.config.sha256)
    except LatentdemoError:
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def from_preview(folder: Path, written: int) -> bytes | None:
    """The first prior samples of the picture that training left; None where it is none such."""
    try:
        with Image.open(folder / PREVIEW) as picture:
            wide, high = (picture.width + 2) // PREVIEW_COLUMNS, (picture.height + 2) // PREVIEW_ROWS
            top = PRIOR_ROW * high
            return png_bytes(picture.convert("RGBA").crop((0, top, COLUMNS * wide - 2, top + ROWS * high - 2)))
    except (OSError, ValueError):
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def drawn(model: str, digest: str) -> bytes:
    """Prior samples of the usual seed."""
    wanted = RunRequest(model, count=COLUMNS * ROWS, steps=0, seed=DEFAULT_SEED, digest=digest)
    images = engine_for().run(wanted).images[0]
    return png_bytes(contact_sheet(images, COLUMNS, max(1, TILE // images.shape[-1])))


def card_text(model: str) -> str | None:
    """The model card without its title and picture, its headings small; None where there is none."""
    try:
        text = (model_folder(model) / CARD).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    text = re.sub(r"\A# .*\n", "", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)\n+.*\n", "", text, count=1)  # the picture and the line that explains it
    return re.sub(r"^#+ ", "##### ", re.sub(r"<!--.*?-->\n?", "", text), flags=re.MULTILINE).strip()
