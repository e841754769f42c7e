"""A map of the latent space to touch: a point of it is decoded in the browser while one moves, and exactly at rest.

`latent_map.html`, `latent_map.css` and `latent_map.js` are its parts in the browser, an inline component of Streamlit.
Its sheets of pictures are sent once; the browser says which it holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from latentdemo.imaging import data_uri
from latentdemo.ui.components.charts import PRIOR
from latentdemo.ui.components.inline import inline_component
from latentdemo.ui.i18n.words import _

KEY = "latent_map"
component = inline_component(__file__)
Spot = list[float]
"""A place on the map, two numbers."""


@dataclass(frozen=True)
class Dots:
    """What is on the map; the map reaches from -1 to 1, x to the right, y up.

    Attributes:
        real: where each real picture lies.
        prior, chains: where else there is something; empty for nothing.
        legend: names of these three.
        colour: of the chains.
        note: what stands under the map.
    """

    real: list[Spot]
    prior: list[Spot]
    chains: list[Spot]
    legend: list[str]
    colour: str
    note: str


@dataclass(frozen=True)
class Sheet:
    """Square pictures side by side.

    Attributes:
        webp: the picture of all of them.
        columns: pictures a row.
    """

    webp: bytes
    columns: int

    @property
    def name(self) -> str:
        """Tells sheets apart."""
        return hashlib.sha256(self.webp).hexdigest()

    def as_data(self, held: str | None) -> dict[str, Any]:
        """What the browser needs, that holds a sheet of some name already."""
        source = None if held == self.name else data_uri(self.webp)
        return {"name": self.name, "columns": self.columns, "source": source}


@dataclass(frozen=True)
class Here:
    """The point that is chosen.

    Attributes:
        x, y: on the map, where that is a plane.
        rest: number of the real picture that the plane goes through; -1 for the mean.
        picture: address of the picture that is decoded there.
        real: address of the real picture that the plane goes through; empty for the mean.
        nearest: numbers of the nearest real pictures.
        lines: what is said of the point.
    """

    x: float
    y: float
    rest: int
    picture: str
    real: str
    nearest: list[int]
    lines: list[str]


@dataclass(frozen=True)
class Scene:
    """Everything that the map shows.

    Attributes:
        title: what it is of, for those who listen.
        dots: on the map.
        thumbs: the real pictures.
        decoded: pictures on a grid over all of the plane; None while there are none.
        is_plane: whether any point can be chosen and decoded, and not only a real picture.
    """

    title: str
    dots: Dots
    thumbs: Sheet
    decoded: Sheet | None
    is_plane: bool


def latent_map(scene: Scene, here: Here, on_view: Callable[[], None], on_start: Callable[[], None]) -> None:
    """Draw the map and what is at a point of it.

    Args:
        scene: what is on it.
        here: the point.
        on_view: called when another point was chosen, which `chosen_view` gives.
        on_start: called when a chain is to be started at a point or picture, which `chosen_start` gives.
    """
    view = chosen_view()
    held = view.get("held", {})
    data = {
        "title": scene.title,
        "dots": vars(scene.dots),
        "isPlane": scene.is_plane,
        "thumbs": scene.thumbs.as_data(held.get("thumbs")),
        "decoded": scene.decoded and scene.decoded.as_data(held.get("decoded")),
        "here": vars(here),
        "turn": view.get("turn", 0),
        "prior": PRIOR,
        "words": words(),
    }
    component(key=KEY, data=data, on_view_change=on_view, on_start_change=on_start)


def chosen_view() -> dict[str, Any]:
    """The point that was chosen last (x, y, rest; `picture` instead for a real picture), its turn, and what is held."""
    return reported("view")


def chosen_start() -> dict[str, Any]:
    """Where a chain is to be started: x, y and rest of a point, or a picture."""
    return reported("start")


def reported(name: str) -> dict[str, Any]:
    """What the browser has said last."""
    return (st.session_state.get(KEY) or {}).get(name) or {}


def words() -> dict[str, str]:
    """The component's own words; the browser fills in what is in braces."""
    return {
        "map": _("Map of the latent space. Arrow keys move the point, with Shift farther; Enter decodes it."),
        "pick": _("Map of the latent space. Arrow keys go from picture to picture, Enter chooses one."),
        "at": _("Point {x}, {y}"),
        "decoded": _("Decoded here"),
        "encoding": _("Encoded and decoded"),
        "real": _("Real picture {number}, nearest on the map"),
        "own": _("Real picture {number}"),
        "start": _("Start a chain here"),
        "startReal": _("Start a chain from it"),
        "through": _("Everything that the map does not show is as in picture {number}."),
        "mean": _("Everything that the map does not show is at the mean. Press a real picture to walk from it."),
        "back": _("Back to the mean"),
        "walk": _("Walk from this picture"),
        "nearest": _("Nearest real pictures in all dimensions"),
        "choose": _("Choose picture {number}"),
    }
