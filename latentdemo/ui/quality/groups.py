"""Groups of look-alikes by a picture each: `groups.png` beside the feature spaces of one's own pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from PIL import Image, UnidentifiedImageError

from latentdemo.evaluation.features.labels import GROUPS
from latentdemo.evaluation.features.pseudo_labels import PSEUDO_LABEL
from latentdemo.imaging import data_uri, png_bytes
from latentdemo.ui.i18n.class_words import class_word

TILE = 56  # pixels on screen


def show_groups(folder: Path, attribute: str, names: Sequence[str], shown: Sequence[int]) -> None:
    """The most typical picture of each group that is shown; nothing for labels that have names of their own.

    Args:
        folder: of the data set.
        attribute: whose classes these are.
        names: of all classes, in the order of the pictures.
        shown: classes to show.
    """
    path = folder / GROUPS
    if attribute != PSEUDO_LABEL or not path.exists():
        return
    pictures = typical(path, path.stat().st_mtime_ns, len(names))
    if pictures:
        with st.container(horizontal=True):
            for index in shown:
                st.image(data_uri(pictures[index]), caption=class_word(names[index]), width=TILE)


@st.cache_data(max_entries=8, show_spinner=False)
def typical(path: Path, written: int, count: int) -> list[bytes]:
    """The pictures of a strip of square tiles as PNG, as written at that time; none where it is no such strip."""
    try:
        with Image.open(path) as strip:
            side = strip.height
            if strip.width != count * side:
                return []
            return [png_bytes(strip.crop((side * index, 0, side * (index + 1), side))) for index in range(count)]
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
        return []
