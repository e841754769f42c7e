"""Step by step: chains to play, with what each step does to the picture and where it goes in the latent space."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from latentdemo.checkpoints import model_folder
from latentdemo.evaluation.report import Report
from latentdemo.export import GIVEN
from latentdemo.sampling.attributes import Move
from latentdemo.ui.chain.export import export_walk
from latentdemo.ui.chain.playback import scene
from latentdemo.ui.chain.walks import WalkRequest, walk_or_wait
from latentdemo.ui.components.player import SPEEDS, Scene, View, player
from latentdemo.ui.controls.attributes import attribute_control
from latentdemo.ui.controls.kernel import (
    kernel_caption,
    kernel_control,
    kernel_options,
    option_control,
    option_meaning,
    put_settings,
    put_way,
    recommended_button,
    steps_offered,
    stopping_control,
    stops_offered,
    take_settings,
    take_way,
)
from latentdemo.ui.controls.starting_point import starting_point_control
from latentdemo.ui.evaluation.caution import show_caution
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.measured import nearest_row
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import selection
from latentdemo.ui.shell.presentation import presenting
from latentdemo.ui.state.background import working
from latentdemo.ui.state.evaluated import report_of
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

STEPS, CHAINS = (1, 2, 3, 5, 10, 20, 50), (1, 4, 9)
USUAL: dict[str, Any] = {"steps": 10, "chains": 4}
HEIGHT = 560  # pixels: about the height of the player


def head(chosen: Selection) -> tuple[DeltaGenerator, Move | None]:
    """The title, and beside it which picture to start from, how that point is moved, and how to read the page; gives
    the place of the picture's choice, and the move."""
    with page_heading(_("What a chain does, step by step")):
        picture = st.container(width="content")
        move = attribute_control(chosen)
        how_to_read(
            _("Each chain starts at a point of the latent space and takes one step after another; at each step you see "
              "that point, decoded. The space bar plays, the arrow keys go step by step, a click on a picture follows "
              "that chain.\n\n"
              "- **Pictures**: they can show instead how much each pixel has changed, dark for nothing, bright for "
              "much.\n"
              "- **Row of pictures**: all steps of the chain that is followed. × marks a step that was not accepted, "
              "where the chain stayed; faded steps rest.\n"
              "- **Map**: the latent space in a plane. A good chain leads from the prior to where real data is.\n"
              "- **Curves**: strong for the chain that is followed, faint for the others. Inside the band a latent "
              "looks like one of real data. Drag across a curve to go to another step.\n"
              "- **Attributes**: the starting point can be moved before the chain walks, towards pictures that show "
              "something or away from them. A chain may keep that, or undo it.\n"
              "- **From a picture**: step 0 is what encoding and decoding makes of it. While the difference from the "
              "picture falls, the chain repairs; where it rises, the chain forgets. What a square covers can be filled "
              "in alone: then everything around it is kept at every step."),
        )  # fmt: skip
    return picture, move


def controls(report: Report | None, chosen: Selection) -> DeltaGenerator:
    """What people change most in a row, the rest behind a button; gives the place of what to start from.

    Args:
        report: the model's evaluation.
        chosen: the model.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        kernel_control()
        recommended_button(report, lambda row: {"from": row.start, "steps": row.steps}, chains_only=True)
        st.selectbox(
            _("Steps"), steps_offered(report, STEPS), key="steps", width=96,
            help=_("How many steps each chain takes. Step 0 decodes the starting point as it is."),
        )  # fmt: skip
        st.selectbox(
            _("Chains"), CHAINS, key="chains", width=96,
            help=_("How many chains run side by side. Click on one: the figures follow it."),
        )  # fmt: skip
        start = st.container(width="content")
        with st.popover(_("More settings"), icon=":material/tune:"):
            switches(report, chosen)
    return start


def switches(report: Report | None, chosen: Selection) -> None:
    """How a step is taken, each switch with what it does where it stands; as of `controls`."""
    kernel_caption()
    for option in kernel_options(chosen):
        option_control(option)
        st.caption(option_meaning(option))
    stopping_control(report)
    st.caption(stopping_words(stops_offered(report)[st.session_state["stop"]]))


def stopping_words(share: float | None) -> str:
    """What the switch does where it stands."""
    if share is None:
        return _("Every chain takes every step.")
    return _("A chain rests once it is likelier than {share} % of real data.", share=f"{100 * share:.0f}")


def view_in_link(shown: Scene) -> View:
    """The step, chain and kind of picture to open with; what an earlier scene had and this one has not is forgotten."""
    for key, options, usual in (
        ("at", range(shown.steps + 1), 0),
        ("follow", range(1, shown.chains + 1), 1),
        ("show", list(shown.shows), "picture"),
        ("speed", SPEEDS, 1),
    ):
        if st.session_state.get(key, usual) not in options:
            st.session_state[key] = usual
        take_from_link(key, options, usual)
    state = st.session_state
    return View(state["at"], state["follow"] - 1, state["show"], state["speed"])


@st.fragment
def play(shown: Scene, view: View) -> None:
    """The player; where it rests goes into the link, without a run of the whole page."""
    now = player(shown, view, remote=presenting())
    for key, value, usual in (
        ("at", now.at, 0),
        ("follow", now.chain + 1, 1),
        ("show", now.show, "picture"),
        ("speed", now.speed, 1),
    ):
        st.session_state[key] = value
        put_in_link(key, usual)


chosen = selection()

top, stage, progress = (st.container() for _place in range(3))
if presenting():
    top = st.sidebar  # it is hidden in a presentation
report = report_of(chosen)
way = take_way(report, chosen)
settings = take_settings({"steps": steps_offered(report, STEPS), "chains": CHAINS}, USUAL)
with top:
    picture, move = (None, attribute_control(chosen)) if presenting() else head(chosen)
    start = controls(report, chosen)
    put_way()
    put_settings(USUAL)
    point = starting_point_control(chosen, place=start, button=picture, kernel=str(way.kernel))
    point = replace(point, move=move)
request = WalkRequest(
    chosen.model,
    chosen.config.sha256,
    chosen.densities,
    point,
    way.replaced(
        start=GIVEN if point.is_given else point.kind,
        count=settings["chains"],
        steps=settings["steps"],
        seed=point.seed,
        known=point.known(model_folder(chosen.model).parent),
    ),
)
with stage if presenting() else top:
    if point.kind == st.session_state["from"]:  # a picture that is to come has the prior stand in for it
        show_caution(report, nearest_row(report, request, request.spec.steps))
with progress:  # below the player, which stays on screen until its successor is drawn
    walk = walk_or_wait(request)
with stage:
    if walk:
        shown = scene(walk, request, chosen.title)
        play(shown, view_in_link(shown))
        if not presenting():
            export_walk(chosen, request, walk, shown)
    elif working():
        st.skeleton(HEIGHT)
