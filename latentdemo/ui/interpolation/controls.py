"""What can be chosen on the page of interpolations: what to see, between which pictures, and how paths are laid."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from latentdemo.evaluation.report import Report, Row
from latentdemo.export.animation import RATE
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.interpolation import PathKind
from latentdemo.ui.controls.kernel import (
    kernel_caption,
    kernel_control,
    kernel_options,
    option_control,
    put_way,
    steps_offered,
    stopping_control,
    take_way,
)
from latentdemo.ui.controls.starting_point import starting_point_control
from latentdemo.ui.i18n.words import _
from latentdemo.ui.interpolation.request import ADVISED, CHAINS, OWN, ROWS, has_base
from latentdemo.ui.interpolation.words import path_name, row_name
from latentdemo.ui.runs.starting_point import StartingPoint
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

Choice = TypeVar("Choice")

PATH, GRID, WALK = VIEWS = ("path", "grid", "walk")
FORMS: tuple[PathKind, ...] = ("spherical", "linear")  # of the path without a chain
FRAMES, USUAL_FRAMES = range(3, 26), 9
SIDES, USUAL_SIDE = (5, 7), 5
STOPS, USUAL_STOPS = range(3, 9), 4  # pictures that a walk passes
PACES, USUAL_PACE = (2, 4, 8), 4  # seconds from each of them to the next
MEAN_STEPS, USUAL_MEAN_STEPS = (0, 1, 2, 3), 1
SPACINGS = ("latent", "even")
USUAL_CHAIN = "5"
OWN_STEPS, USUAL_OWN_STEPS = (1, 2, 3, 5, 10, 20, 50, 100), 5


@dataclass(frozen=True)
class Settings:
    """How paths are laid; see `Request`, which has the same names."""

    path: PathKind
    count: int
    even: bool
    mean_steps: int
    chain: str
    own: ChainSpec | None


def settings_controls(chosen: Selection, view: str, report: Report | None, advised: Row | None) -> Settings:
    """What people seldom change."""
    through = has_base(chosen)
    path = FORMS[0] if view == WALK and through else form_control()
    count = count_control(view)
    even = view != GRID and spacing_control()
    mean_steps = mean_steps_control() if through else 0
    if view == WALK:
        return Settings(path, count, even, mean_steps, USUAL_CHAIN, None)
    chain = chain_control(advised, view == GRID)
    return Settings(path, count, even, mean_steps, chain, own_chain(report, chosen) if chain == OWN else None)


def choice_control(label: str, options: Sequence[Choice], usual: Choice, key: str, **look: Any) -> Choice:
    """One of a few options side by side, kept in the session and said in the address.

    Args:
        label: above it.
        options: that there are.
        usual: where nobody chose.
        key: of the control, and its name in the address.
        look: more that the control is told, such as its help.
    """
    take_from_link(key, options, usual)
    chosen = st.segmented_control(label, options, required=True, key=key, persist_state="session", **look)
    put_in_link(key, usual)
    assert chosen is not None
    return chosen


def view_control() -> str:
    """One path in rows, a grid between four corners, or a walk."""
    names = {PATH: _("Path"), GRID: _("Grid"), WALK: _("Film")}
    return choice_control(
        _("View"), VIEWS, PATH, "view", wrap=True, format_func=names.__getitem__, label_visibility="collapsed",
        help=_("A path from A to B in rows under each other, a grid between four pictures, or a walk through several "
               "pictures and back to the first, as a film that can run forever."),
    )  # fmt: skip


def point_controls(chosen: Selection, count: int, errors: DeltaGenerator) -> list[StartingPoint]:
    """Between which pictures: a button for each, with its settings behind it; `errors` holds one at a time."""
    points = []
    for number, name in enumerate(string.ascii_uppercase[:count]):
        with st.popover(_("Picture {name}", name=name)):
            key = f"{name.lower()}_"
            points.append(starting_point_control(chosen, key=key, damage=False, first=number, errors=errors))
    return points


def count_control(view: str) -> int:
    """How many frames a row or a leg of a walk, or how large a grid."""
    if view == GRID:
        return side_control()
    return frames_control() if view == PATH else RATE * pace_control() + 1


def frames_control() -> int:
    """How many frames."""
    take_from_link("frames", FRAMES, USUAL_FRAMES)
    with st.container(width=220):
        st.slider(
            _("Frames"), FRAMES[0], FRAMES[-1], key="frames", persist_state="session",
            help=_("Frames of a row, both ends included."),
        )  # fmt: skip
    put_in_link("frames", USUAL_FRAMES)
    return int(st.session_state["frames"])


def side_control() -> int:
    """How large a grid."""
    return choice_control(
        _("Grid"), SIDES, USUAL_SIDE, "side",
        format_func=lambda side: f"{side} × {side}", help=_("Tiles a row and a column."),
    )  # fmt: skip


def pace_control() -> int:
    """How long a walk takes from each picture to the next, in seconds."""
    return choice_control(
        _("Pace"), PACES, USUAL_PACE, "pace",
        format_func=lambda seconds: _("{seconds} s", seconds=seconds), help=_("From each picture to the next."),
    )  # fmt: skip


def stops_control() -> int:
    """How many pictures a walk passes."""
    take_from_link("stops", STOPS, USUAL_STOPS)
    st.number_input(
        _("Pictures"), STOPS[0], STOPS[-1], key="stops", persist_state="session", width=130,
        help=_("How many pictures the walk passes before it comes back to the first."),
    )  # fmt: skip
    put_in_link("stops", USUAL_STOPS)
    return int(st.session_state["stops"])


def form_control() -> PathKind:
    """The path without a chain: straight or along an arc."""
    return choice_control(
        _("Path without a chain"), FORMS, FORMS[0], "path", format_func=path_name,
        help=_("Spherical: along an arc, as far from the origin as the ends are, where the prior has its mass (White "
               "2016). Linear: straight, through the thinly used middle."),
    )  # fmt: skip


def spacing_control() -> bool:
    """Whether frames are spaced by the length of the decoded path."""
    names = {"latent": _("by the latent space"), "even": _("by what is seen")}
    spacing = choice_control(
        _("Spacing"), SPACINGS, SPACINGS[0], "spacing", format_func=names.__getitem__,
        help=_("Frames at equal distances in the latent space, or so that each picture differs as much from the next "
               "as any other. Chains start from these frames and may make them uneven again."),
    )  # fmt: skip
    return spacing == "even"


def mean_steps_control() -> int:
    """How often the inner frames through the base space are decoded and encoded."""
    return choice_control(
        _("Mean steps in the base space"), MEAN_STEPS, USUAL_MEAN_STEPS, "mean_steps",
        help=_("Decode and encode the frames between A and B so often, each time by the mean, without noise. It takes "
               "off what the map has left; A and B stay as they are."),
    )  # fmt: skip


def rows_control() -> list[str]:
    """Which rows; the usual ones where none is chosen."""
    take_from_link("rows", ROWS, list(ROWS))
    st.pills(
        _("Rows"), ROWS, selection_mode="multi", key="rows", persist_state="session", format_func=row_name, wrap=True,
        help=_("The path without a chain, the path through the base space, the path after steps of the plain chain and "
               "after the chain that the evaluation recommends, and the path between ends that a chain has corrected."),
    )  # fmt: skip
    put_in_link("rows", list(ROWS))
    return st.session_state["rows"] or list(ROWS)


def chain_control(advised: Row | None, grid: bool) -> str:
    """Which chain corrects the ends, or the grid."""
    chains = CHAINS if advised else tuple(chain for chain in CHAINS if chain != ADVISED)
    return choice_control(
        _("Chain for the grid") if grid else _("Chain for the ends"), chains, USUAL_CHAIN, "correction",
        wrap=True, format_func=row_name,
        help=_("Steps of the plain chain, what the evaluation recommends for this model, or another chain that you set "
               "below."),
    )  # fmt: skip


def own_chain(report: Report | None, chosen: Selection) -> ChainSpec:
    """A chain of one's own choice; it may be any that an evaluation holds."""
    way = take_way(report, chosen)
    steps = [step for step in steps_offered(report, OWN_STEPS) if step]
    take_from_link("own_steps", steps, USUAL_OWN_STEPS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kernel_control()
        st.selectbox(_("Steps"), steps, key="own_steps", width=110, help=_("How many steps this chain takes."))
        for option in kernel_options(chosen):
            option_control(option)
        stopping_control(report)
    kernel_caption()
    put_way()
    put_in_link("own_steps", USUAL_OWN_STEPS)
    return way.replaced(steps=st.session_state["own_steps"])
