"""Models: what is at hand, what each is good for, and a model of one's own brought along."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.checkpoints.intake import LARGEST_ARCHIVE
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report import Report
from latentdemo.ui.components.uploader import translate_uploaders
from latentdemo.ui.evaluation.cards import cost_card, gap_card, steps_card
from latentdemo.ui.evaluation.verdict import told_of
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.figure_words import figure_title, mean_text
from latentdemo.ui.i18n.kernel_words import steps_taken, way_help, way_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.models.cards import card_text, galleries
from latentdemo.ui.models.health import health
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import selection
from latentdemo.ui.state.evaluated import evaluation_of
from latentdemo.ui.state.selection import Selection, choose_model, dataset_title, families_by_dataset, family_title
from latentdemo.ui.state.uploads import (
    begin_upload,
    cancel_upload,
    forget_model,
    session_models,
    shared_by,
    show_upload,
    uploads_are_shared,
)

COLUMNS = 3  # cards beside each other; on a phone one is below the other


def readable(name: str, seed: int) -> Selection | LatentdemoError:
    """A model as the sidebar could choose it, or why it cannot."""
    try:
        return Selection(name, read_config(model_folder(name)), seed)
    except LatentdemoError as error:
        return error


def model_card(
    name: str, model: Selection | LatentdemoError, samples: Mapping[str, bytes | None], chosen: str, complete: bool
) -> None:
    """One model: samples, figures in short, and what to do with it; `complete` says that all have their samples."""
    with st.container(border=True, height="stretch"):
        if isinstance(model, LatentdemoError):
            st.markdown(f"**{family_title(name.split('/')[1])}**")
            st.error(error_words(model), icon=":material/error:")
            return
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{family_title(name.split('/')[1])}**", width="content")
            if name == chosen:
                st.badge(_("Chosen"), icon=":material/check:", color="green")
        gallery = samples.get(name)
        if gallery:
            st.image(gallery, width="stretch", alt=_("Prior samples of {model}", model=model.title))
        elif name in samples:
            st.caption(_("No samples can be drawn from this model."))
        figures(evaluation_of(model))
        health(model, complete)
        network = model.config.network
        st.caption(
            _("Images {size}x{size}, {latent} latent dimensions", size=network.image_size, latent=network.latent_size)
        )
        if shared := shared_by(name):
            st.caption(_("Shared by {who}, {date}", who=shared[0], date=shared[1]))
        with st.container(horizontal=True, vertical_alignment="bottom", height="stretch"):
            st.button(
                _("Choose"), key=f"use {name}", type="secondary", disabled=name == chosen,
                on_click=choose_model, args=(name,), help=_("Take this model for all pages, as in the sidebar."),
            )  # fmt: skip
            card = card_text(name)
            if card:
                with st.popover(_("Card"), help=_("What it was trained on, how, and all its figures.")):
                    st.markdown(card)


def figures(found: Report | str) -> None:
    """What an evaluation says, in four lines."""
    if isinstance(found, str):
        st.caption(found)
        return
    gap, cost = gap_card(found), cost_card(found)
    st.metric(gap.label, gap.value, help=gap.meaning)
    row, told = found.recommended, found.told
    if row is None or told is None:
        st.caption(_("Advice: leave this model alone."), help=steps_card(found).meaning)
        return
    count = f"{steps_taken(row):g}" if row.stop_at is None else f"{steps_taken(row):.1f}"
    steps = _("1 step") if count == "1" else _("{steps} steps", steps=count)
    advice = (
        _("Advice: {way}, {steps}", way=way_title(row), steps=steps)
        if row.kernel
        else _("Advice: {way}", way=way_title(row))
    )
    st.caption(advice, help=way_help(row))
    before, after = (mean_text("coverage", each.figures["coverage"]) for each in (told_of(found, found.prior), told))
    st.caption(
        _("{figure}: {before} → {after}", figure=figure_title("coverage"), before=before, after=after)
        + "  \n"
        + _("{figure}: {value}", figure=cost.label, value=cost.value)
    )


def read_uploader() -> None:
    """Begin to look through what the uploader holds."""
    file = st.session_state["model_file"]
    if file is None:
        cancel_upload()
    else:
        begin_upload(file.getvalue())


def own_model_section() -> None:
    """An uploader for a checkpoint folder, and the commands that train a model of one's own pictures."""
    st.subheader(_("A model of your own"), anchor=False)
    with st.container(border=True):
        st.markdown(
            _("Bring a checkpoint folder of latentdemo as a ZIP file. It serves everyone who opens this demo.")
            if uploads_are_shared()
            else _("Bring a checkpoint folder of latentdemo as a ZIP file. It serves this session only, and is gone "
                   "with it.")
        )  # fmt: skip
        translate_uploaders(_("This file was not taken. Bring a ZIP file of at most 64 MB."))
        st.file_uploader(
            _("ZIP file, up to 64 MB"), "zip", key="model_file", on_change=read_uploader,
            max_upload_size=LARGEST_ARCHIVE // 2**20,
            help=_("config.json and model.safetensors, and with them density.json and density.safetensors if there "
                   "are any. Cards, previews and evaluations are left out; nothing in the archive is run."),
        )  # fmt: skip
        show_upload()
        if session_models():
            st.button(_("Remove my model"), key="remove_model", icon=":material/delete:", on_click=forget_model,
                      help=_("Drop the model that this session brought, files and all."))  # fmt: skip
    with st.container(border=True):
        st.markdown(_("Or train one on a folder of pictures, where the demo runs; it then appears here by itself:"))
        st.code("python -m latentdemo data check FOLDER\npython -m latentdemo train FOLDER vae\n"
                "python -m latentdemo evaluate NAME/vae", language="bash")  # fmt: skip


def head() -> None:
    """The title, and how to read the page."""
    with page_heading(_("Models")):
        how_to_read(
            _("Each card is a model that this demo can show: unselected samples straight from its prior, and what its "
              "evaluation found. The *quality gap* is the way from these samples (0 %) to the best that the decoder "
              "can do (100 %); the advice names the way to sample that closes it at the least cost. Figures of "
              "different data sets cannot be compared. *Health* opens into what can be wrong with a model, and what "
              "to do next. *Choose* takes it for all pages.")
        )  # fmt: skip


chosen = selection()

head()
offered = families_by_dataset()
models = {
    name: readable(name, chosen.seed)
    for dataset, families in offered.items()
    for name in (f"{dataset}/{family}" for family in families)
}
readable_models = [model for model in models.values() if isinstance(model, Selection)]
samples = galleries(readable_models)
complete = len(samples) == len(readable_models)
for dataset, families in offered.items():
    st.subheader(_(dataset_title(dataset)), anchor=False)
    for first in range(0, len(families), COLUMNS):
        row = [f"{dataset}/{family}" for family in families[first : first + COLUMNS]]
        for column, name in zip(st.columns(COLUMNS), row, strict=False):
            with column:
                model_card(name, models[name], samples, chosen.model, complete)
own_model_section()
