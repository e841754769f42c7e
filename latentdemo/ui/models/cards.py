"""What the page of models shows of each: samples, figures in short, and its card."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from latentdemo.checkpoints import model_folder
from latentdemo.checkpoints.config import CARD
from latentdemo.engine import Job, RecentResults, RunRequest
from latentdemo.errors import Cancelled, DeviceMemoryError, EngineError, LatentdemoError
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.ui.state import background
from latentdemo.ui.state.selection import DEFAULT_SEED, Selection

PREVIEW = "preview.png"
PREVIEW_COLUMNS, PREVIEW_ROWS, PRIOR_ROW = (
    12,
    8,
    4,
)  # tiles of the picture that training leaves; prior samples begin in the row
COLUMNS, ROWS, TILE = 6, 2, 64  # tiles of the small gallery; a tile has at least so many pixels
KEPT_BYTES = 8 * 2**20  # bytes of drawn galleries that are kept for all sessions together


def galleries(models: Sequence[Selection]) -> dict[str, bytes | None]:
    """Model -> a few prior samples as PNG: from the picture beside it, else drawn now; None where neither can be.

    A model of which none were drawn yet is left out, and said so.
    """
    shipped = {each.model: from_preview(model_folder(each.model)) for each in models}
    missing = tuple((each.model, each.config.sha256) for each in models if shipped[each.model] is None)
    if not missing:
        return shipped
    drawn = background.result_or_wait(
        background.Task(("galleries", missing), partial(draw, missing), recent_galleries(), weight)
    )
    return {model: png for model, png in shipped.items() if png is not None} | (drawn or {})


def from_preview(folder: Path) -> bytes | None:
    """The first prior samples of the picture that training left; None where there is none, or none such."""
    preview = folder / PREVIEW
    return cut_out(preview, preview.stat().st_mtime_ns) if preview.exists() else None


@st.cache_data(max_entries=64, show_spinner=False)
def cut_out(preview: Path, written: int) -> bytes | None:
    """As `from_preview`, of a picture that was written at that time."""
    try:
        with Image.open(preview) as picture:
            wide, high = (picture.width + 2) // PREVIEW_COLUMNS, (picture.height + 2) // PREVIEW_ROWS
            top = PRIOR_ROW * high
            return png_bytes(picture.convert("RGBA").crop((0, top, COLUMNS * wide - 2, top + ROWS * high - 2)))
    except (OSError, ValueError):
        return None


def draw(models: Sequence[tuple[str, str]], job: Job[Any]) -> dict[str, bytes | None]:
    """Galleries of models, each a name and the digest of its weights, of prior samples of the usual seed."""
    drawn: dict[str, bytes | None] = {}
    for model, digest in models:
        wanted = RunRequest.of(model, count=COLUMNS * ROWS, steps=0, seed=DEFAULT_SEED, digest=digest)
        try:
            images = job.walk(wanted).images[0]
            drawn[model] = png_bytes(contact_sheet(images, COLUMNS, max(1, TILE // images.shape[-1])))
        except (Cancelled, DeviceMemoryError, EngineError):
            raise
        except LatentdemoError:  # this model alone is at fault
            drawn[model] = None
    return drawn


@st.cache_resource
def recent_galleries() -> RecentResults[dict[str, bytes | None]]:
    """The last galleries that were drawn, of all sessions."""
    return RecentResults(KEPT_BYTES)


def weight(drawn: dict[str, bytes | None]) -> int:
    """Bytes of galleries."""
    return sum(len(png or b"") for png in drawn.values())


def card_text(model: str) -> str | None:
    """The model card without its title and picture, its headings small; None where there is none."""
    try:
        text = (model_folder(model) / CARD).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    text = re.sub(r"\A# .*\n", "", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)\n+.*\n", "", text, count=1)  # the picture and the line that explains it
    return re.sub(r"^#+ ", "##### ", re.sub(r"<!--.*?-->\n?", "", text), flags=re.MULTILINE).strip()
