"""The frame of the overview: its title, the way through its screens, and pictures in cards.

Nothing here needs PyTorch, so that the first visitor of a server need not wait for it.
"""

from __future__ import annotations

import streamlit as st

from latentdemo.ui.i18n.words import _
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.presentation import move_along, presenting
from latentdemo.ui.state.link import put_in_link, take_from_link

PROBLEM, METHOD, EVIDENCE, DECISION = SCREENS = ("problem", "method", "evidence", "decision")


def heading() -> None:
    """The title, and how to read the page; a presentation has the screens' own words alone, as high as a projector."""
    if presenting():
        return
    with page_heading(_("Better samples from the model you already have")):
        how_to_read(
            _("Four screens make the case for the model that is chosen in the sidebar, or say that there is none: what "
              "the prior gives, what the advised way to sample makes instead, what is gained and lost with every step, "
              "and the verdict. Pictures are of the seed in the sidebar, and none is selected; figures were measured "
              "beforehand, on many samples. *Present* shows the screens without anything else.")
        )  # fmt: skip


def screen_control(model: str) -> str:
    """Which screen, with a way back and on; in a presentation, where keys do that, with the name of the model."""
    take_from_link("screen", SCREENS, PROBLEM)
    titles = screen_titles()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        screen = st.segmented_control(
            _("Screen"), SCREENS, required=True, key="screen", label_visibility="collapsed", wrap=True,
            format_func=lambda name: f"{SCREENS.index(name) + 1}  {titles[name]}",
        )  # fmt: skip
        assert screen is not None
        if presenting():
            st.markdown(model, width="content")
        else:
            with st.container(horizontal=True, width="content"):
                st.button(_("Back"), icon=":material/arrow_back:", disabled=screen == PROBLEM, on_click=move_along,
                          args=("screen", SCREENS, -1), help=_("To the screen before."))  # fmt: skip
                st.button(_("Next"), icon=":material/arrow_forward:", icon_position="right", type="primary",
                          disabled=screen == DECISION, on_click=move_along, args=("screen", SCREENS, 1),
                          help=_("To the next screen."))  # fmt: skip
    put_in_link("screen", PROBLEM)
    return screen


def screen_titles() -> dict[str, str]:
    """What the screens are called."""
    return {PROBLEM: _("Problem"), METHOD: _("Method"), EVIDENCE: _("Evidence"), DECISION: _("Decision")}


def sheet(title: str, png: bytes, alt: str) -> None:
    """A sheet of pictures in a card."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.image(png, alt=alt, width="stretch")


def prior_alt(model: str) -> str:
    """What a sheet of prior samples shows."""
    return _("Prior samples of {model}", model=model)


def real_alt(model: str) -> str:
    """What a sheet of real data shows."""
    return _("Held-out images of the data that {model} was trained on", model=model)


def what_the_prior_is() -> str:
    """Why prior samples are not all good, in words that need no statistics."""
    return _(
        "A generative autoencoder makes a new picture by decoding a random point of its latent space, the prior. But "
        "many such points lie where no real picture does, and decode to artifacts: torn edges, parts that do not "
        "belong together, blur."
    )
