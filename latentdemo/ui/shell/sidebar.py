"""The sidebar that all pages share: data set, model, seed, language, and the device in use."""

from __future__ import annotations

import streamlit as st

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.checkpoints.roots import checkpoint_roots
from latentdemo.engine import engine_for
from latentdemo.engine.remote.client import RemoteEngine
from latentdemo.errors import LatentdemoError
from latentdemo.models import describe_device
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.shell.language import language_control
from latentdemo.ui.shell.presentation import presentation_control
from latentdemo.ui.shell.sign_in import signed_in_as
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.selection import (
    DEFAULT_SEED,
    LARGEST_SEED,
    Selection,
    choose_model,
    dataset_title,
    families_by_dataset,
    family_title,
)
from latentdemo.ui.state.uploads import finished_upload

SEED_WIDTH = 130  # pixels: as few as leave its buttons, so that the one for the next seed stands beside it


def device_in_words() -> str:
    """The device in use, in the session's language."""
    engine = engine_for()
    return _("Ray cluster") if isinstance(engine, RemoteEngine) else device_words(describe_device(engine.device))


def sidebar() -> Selection:
    """Draw the sidebar; stops the page where there is no model to show."""
    brought = finished_upload()
    if brought:
        choose_model(brought)
    families = families_by_dataset()
    with st.sidebar:
        if families:
            dataset = dataset_control(list(families))
            family = family_control(families[dataset])
            seed = seed_control()
        language_control()
        presentation_control()
        signed_in_as()
        st.caption(f":material/memory: {device_in_words()}")
    if not families:
        folder = ", ".join(map(str, checkpoint_roots()))
        st.error(_("No model in {folder}. Train one with: python -m latentdemo train avatars vae", folder=folder))
        st.stop()
    name = f"{dataset}/{family}"
    try:
        return Selection(name, read_config(model_folder(name)), seed)
    except LatentdemoError as error:
        st.error(error_words(error), icon=":material/error:")
        st.stop()


def dataset_control(names: list[str]) -> str:
    """Which data set."""
    take_from_link("data", names, names[0])
    dataset = st.selectbox(
        _("Data set"),
        names,
        key="data",
        format_func=lambda name: _(dataset_title(name)),
        help=_("What the models were trained on."),
    )
    put_in_link("data", names[0])
    return dataset


def family_control(names: list[str]) -> str:
    """Which of the data set's models."""
    usual = "vae" if "vae" in names else names[0]
    if st.session_state.get("model", usual) not in names:
        st.session_state["model"] = usual
    take_from_link("model", names, usual)
    family = st.selectbox(
        _("Model"),
        names,
        key="model",
        format_func=family_title,
        help=_("VAE and AAE differ in how the latent space is kept close to the prior. "
               "Denoising models were trained to clean noisy images. "
               "A flow-prior VAE learns its prior, so that it matches better."),
    )  # fmt: skip
    put_in_link("model", usual)
    return family


def seed_control() -> int:
    """The seed, with a button for the next one."""
    take_from_link("seed", range(LARGEST_SEED + 1), DEFAULT_SEED)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            _("Seed"),
            0,
            LARGEST_SEED,
            key="seed",
            width=SEED_WIDTH,
            help=_("The same seed gives the same starting points, on any machine."),
        )
        st.button(
            "",
            icon=":material/casino:",
            key="next_seed",
            on_click=take_next_seed,
            help=_("New starting points: take the next seed."),
        )
    put_in_link("seed", DEFAULT_SEED)
    return int(seed)


def take_next_seed() -> None:
    """Go on to the next seed, around the end."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (LARGEST_SEED + 1)
