"""Held-out pictures in pages of tiles; one click or key press picks one."""

from __future__ import annotations

import random
from pathlib import Path

import streamlit as st

from latentdemo.data.held_out import held_out_images, held_out_written
from latentdemo.imaging import contact_sheet, data_uri, png_bytes
from latentdemo.ui.i18n.words import _

TILES = 24  # tiles a page
TILE = 64  # a tile is enlarged to at least so many pixels

HTML = """
<div class="gallery" role="radiogroup"></div>
"""

CSS = """
.gallery {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(3rem, 1fr)); gap: 0.35rem; padding: 4px;
}
label { position: relative; display: block; cursor: pointer; }
input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
img {
  display: block; width: 100%; aspect-ratio: 1; border-radius: calc(var(--st-base-radius) / 2);
  image-rendering: pixelated; outline: 1px solid var(--st-border-color);
}
label:hover img { outline: 2px solid var(--st-text-color); }
input:checked + img { outline: 4px solid var(--st-primary-color); }
input:focus-visible + img { box-shadow: 0 0 0 4px var(--st-background-color), 0 0 0 7px var(--st-text-color); }
"""

JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const gallery = parentElement.querySelector(".gallery")
  gallery.setAttribute("aria-label", data.label)
  const images = gallery.querySelectorAll("img")
  if (images.length !== data.sources.length || images[0].src !== data.sources[0]) {
    gallery.replaceChildren(...data.sources.map((source, index) => {
      const tile = document.createElement("label")
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "tile" })
      tile.append(input, Object.assign(document.createElement("img"), { src: source }))
      return tile
    }))
  }
  gallery.querySelectorAll("label").forEach((tile, index) => {
    const [input, image] = tile.children
    tile.title = image.alt = data.names[index]
    input.checked = data.first + index === data.picked
    input.onchange = () => setTriggerValue("picked", data.first + index)
  })
}
"""

tiles_to_pick = st.components.v2.component("latentdemo_gallery", html=HTML, css=CSS, js=JS)


@st.fragment
def gallery(folder: Path, key: str) -> None:
    """Draw a page of tiles; the picked one's number is kept as `st.session_state[key]`, where it must be already.

    Turning pages draws nothing else anew; a pick reruns the whole script.

    Args:
        folder: of the data set.
        key: of the number, and prefix of widget keys.
    """
    count, picked, space = len(held_out_images(folder)), st.session_state[key], st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Random"), key=f"{key}_any", icon=":material/casino:", help=_("Pick a picture at random.")):
            pick(random.randrange(count), key)
        at = picked // TILES + 1
        page = st.pagination(-(-count // TILES), default=at, key=f"{key}_page_around_{at}", max_visible_pages=5)
    first = (page - 1) * TILES
    names = [_("Picture {number}", number=row) for row in range(first, min(first + TILES, count))]
    with space:
        chosen = tiles_to_pick(
            key=f"{key}_tiles",
            data={
                "label": _("Held-out pictures"),
                "first": first,
                "picked": picked,
                "names": names,
                "sources": tiles_of(folder, held_out_written(folder), first),
            },
            on_picked_change=lambda: None,
        ).picked
    if chosen in range(count):
        pick(int(chosen), key)


def pick(row: int, key: str) -> None:
    """Keep a picture's number, and rerun the whole script."""
    st.session_state[key] = row
    st.rerun()


@st.cache_data(max_entries=64, show_spinner=False)
def tiles_of(folder: Path, written: int, first: int) -> list[str]:
    """A page of tiles as data URIs, of pictures that were written at that time."""
    pictures = held_out_images(folder).tensor(slice(first, first + TILES))
    scale = max(1, TILE // pictures.shape[-1])
    return [data_uri(png_bytes(contact_sheet(picture[None], 1, scale))) for picture in pictures]
