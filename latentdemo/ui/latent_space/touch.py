"""The map under one's hands: which map, which point of it, and where a chain is to be started."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.errors import LatentdemoError
from latentdemo.sampling import ChainSpec
from latentdemo.ui.components.latent_map import Scene, chosen_start, chosen_view, latent_map
from latentdemo.ui.controls.map_point import put_point, take_point
from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.latent_space.answer import answer
from latentdemo.ui.latent_space.map_data import here, neighbour_scene, plane_scene
from latentdemo.ui.latent_space.neighbours import neighbours_or_wait
from latentdemo.ui.latent_space.sheets import Plane, sheet_or_wait
from latentdemo.ui.runs.encodings import Encoded
from latentdemo.ui.runs.map_point import MapPoint, point_of_picture
from latentdemo.ui.runs.starting_point import HELD_OUT, MAP
from latentdemo.ui.shell.navigation import CHAIN
from latentdemo.ui.state.background import failure_words, wait_for_nothing_yet
from latentdemo.ui.state.link import put_in_link, settings_of_all_pages, take_from_link
from latentdemo.ui.state.selection import Selection

PLANE, NEIGHBOURS = "plane", "neighbours"
KINDS = {PLANE: N_("Main directions"), NEIGHBOURS: N_("By likeness")}
HEIGHT = 420  # pixels, about those of the map


def kind_control() -> None:
    """Which map."""
    take_from_link("map", list(KINDS), PLANE)
    st.segmented_control(
        _("Map"), list(KINDS), required=True, key="map", format_func=lambda kind: _(KINDS[kind]),
        label_visibility="collapsed",
    )  # fmt: skip
    put_in_link("map", PLANE)


@st.fragment
def touch(chosen: Selection, encoded: Encoded, spec: ChainSpec, chains: Tensor | None) -> None:
    """The map and what is at a point of it; another point runs nothing else of the page.

    Args:
        chosen: the model.
        encoded: real data in its latent space.
        spec: of the chains.
        chains: where they went, (N, D); None while there are none.
    """
    wait_for_nothing_yet()  # another point is answered at once, whatever the page waits for
    folder = model_folder(chosen.model).parent
    stage, waiting = st.container(), st.container()
    point = take_point(len(encoded.latents))
    if st.session_state["map"] != PLANE:
        point = point_of_picture(max(point.rest, 0), encoded)  # only real pictures have a place there
    try:
        found = answer(point, chosen.model, chosen.config.sha256, chosen.densities, encoded)
        with waiting:
            scene = scene_or_wait(chosen, encoded, point, spec, chains)
    except LatentdemoError as error:
        stage.error(failure_words(error), icon=":material/error:")
        return
    with stage:
        if scene:
            latent_map(scene, here(point, found, folder), partial(take_view, encoded), note_start)
        else:
            st.skeleton(HEIGHT)
    put_point()
    if st.session_state.pop("start_chain", False):
        st.switch_page(CHAIN.script, query_params=settings_of_all_pages())


def scene_or_wait(
    chosen: Selection, encoded: Encoded, point: MapPoint, spec: ChainSpec, chains: Tensor | None
) -> Scene | None:
    """What the map shows; None where there is nothing yet."""
    folder = model_folder(chosen.model).parent
    if st.session_state["map"] == PLANE:
        sheet = sheet_or_wait(Plane(chosen.model, chosen.config.sha256, point.rest), encoded)
        return plane_scene(chosen.title, folder, encoded, sheet, spec, chains)
    places = neighbours_or_wait(chosen.config.sha256, chosen.seed, encoded)
    return None if places is None else neighbour_scene(chosen.title, folder, encoded, places, spec)


def take_view(encoded: Encoded) -> None:
    """Take over the point that was chosen on the map."""
    view = chosen_view()
    if view.get("picture") is not None:
        choose(point_of_picture(view["picture"], encoded))
    elif "x" in view:
        choose(as_point(view))


def note_start() -> None:
    """Have the page of chains start where the map says: at a point, or at a real picture."""
    place = chosen_start()
    if "picture" in place:
        st.session_state.update({"from": HELD_OUT, "picture": place["picture"]})
    else:
        st.session_state["from"] = MAP
        choose(as_point(place))
    st.session_state["start_chain"] = True


def as_point(place: Mapping[str, Any]) -> MapPoint:
    """A point as the browser says it, for which whole numbers are numbers as all others."""
    return MapPoint(float(place["x"]), float(place["y"]), int(place["rest"]))


def choose(point: MapPoint) -> None:
    """Choose a point for the pages of the map and of chains."""
    st.session_state.update(point._asdict())
