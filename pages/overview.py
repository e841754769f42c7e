"""Overview: the case for a chain in four screens, on the model that is chosen."""

from __future__ import annotations

import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.sampling.starts import keeps_places
from latentdemo.ui.components.wipe import Side, wipe
from latentdemo.ui.controls.kernel import way_in_link
from latentdemo.ui.evaluation.cards import show_verdict
from latentdemo.ui.evaluation.roles import density_and_chain
from latentdemo.ui.evaluation.verdict import mismatch, verdict
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.kernel_words import capital, way_help, way_noun, way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.evidence import show_evidence
from latentdemo.ui.overview.export import export_pair
from latentdemo.ui.overview.pictures import (
    begin_way,
    place_of_sheet,
    places_in_words,
    prior_sheet,
    real_sheet,
    way_heading,
    way_sheet,
)
from latentdemo.ui.overview.screens import (
    EVIDENCE,
    METHOD,
    PROBLEM,
    SCREENS,
    heading,
    prior_alt,
    real_alt,
    screen_control,
    sheet,
    what_the_prior_is,
)
from latentdemo.ui.runs.starting_point import UPLOAD
from latentdemo.ui.shell.navigation import CHAIN, INTERPOLATION, QUALITY, PageEntry, selection
from latentdemo.ui.shell.presentation import on_move_keys, presenting
from latentdemo.ui.state.evaluated import advised, evaluation_of, report_of
from latentdemo.ui.state.link import settings_of_all_pages
from latentdemo.ui.state.selection import Selection


def problem(chosen: Selection) -> None:
    """What the model was trained on, beside what it makes of random latents."""
    left, right = st.columns(2)
    real = real_sheet(chosen)
    with left:
        if real:
            sheet(_("Real data"), real, real_alt(chosen.title))
        else:
            st.info(_("There are no held-out images beside this model to compare with."), icon=":material/info:")
    prior = prior_sheet(chosen)
    with right:
        sheet_or_place(chosen, _("Straight from the prior"), prior, prior_alt(chosen.title))
    st.markdown(what_the_prior_is())
    report = report_of(chosen)
    if report and report.latent_space:
        st.markdown(_("Measured for this model: {sentence}", sentence=mismatch(report.latent_space)))
    if prior:
        begin_way(chosen, advised(report))  # so that the next screen has its pictures


def sheet_or_place(chosen: Selection, title: str, png: bytes | None, alt: str) -> None:
    """A sheet of pictures in a card; its place is kept while there is none yet."""
    sheet(title, png or place_of_sheet(chosen), alt if png else _("Sampling …"))


def method(chosen: Selection, report: Report | None) -> None:
    """The same random points before and after, and what was done to them."""
    row = advised(report)
    prior = prior_sheet(chosen)
    after = way_sheet(chosen, row) if prior else None
    pictures, words = st.columns([5, 3])
    with pictures:
        before_and_after(chosen, row, prior, after)
    with words:
        remedy(report, row)
        if prior and after and not presenting():
            export_pair(chosen, row)


def before_and_after(chosen: Selection, row: Row, prior: bytes | None, after: bytes | None) -> None:
    """A line to drag between the pictures where both come from the same random points; else two sheets."""
    titles = _("Straight from the prior"), way_heading(row)
    alts = prior_alt(chosen.title), f"{chosen.title}: {way_phrase(row)}"
    if not keeps_places(row.start):
        for column, title, png, alt in zip(st.columns(2), titles, (prior, after), alts, strict=True):
            with column:
                sheet_or_place(chosen, title, png, alt)
        st.caption(places_in_words(row))
        return
    if prior and after:
        wipe(
            Side(titles[0], alts[0], prior),
            [Side(titles[1], alts[1], after)],
            around="9rem" if presenting() else "16rem",
        )
    else:
        sheet_or_place(chosen, titles[0], prior, alts[0])
    st.caption(places_in_words(row))


def remedy(report: Report | None, row: Row) -> None:
    """What is done to the random points, and which part of it a density does and which a chain."""
    st.subheader(capital(way_phrase(row)).rstrip(","), anchor=False, help=way_help(row))
    st.markdown(_("The model stays as it is: only the points that are decoded change."))
    if report is None:
        return
    if not report.recommended:
        st.warning(verdict(report), icon=":material/warning:")
        return
    for sentence in density_and_chain(report):
        st.markdown(sentence)
    chain = report.best_chain
    if chain and not row.kernel and not presenting():
        way = way_in_link(chain) | {"from": chain.start, "steps": str(chain.steps)}
        st.page_link(
            CHAIN.script, label=_("Watch the points move, step by step"), icon=":material/footprint:",
            query_params=settings_of_all_pages() | way, help=capital(way_noun(chain)),
        )  # fmt: skip


def decision(report: Report) -> None:
    """The verdict."""
    show_verdict(report)
    st.caption(_("Measured {date} on {device}.", date=report.created, device=device_words(report.device)))


def onward_link(entry: PageEntry, label: str, icon: str) -> None:
    """A link to another page with the same settings."""
    st.page_link(entry.script, label=label, icon=icon, query_params=st.query_params.to_dict())


chosen = selection()
on_move_keys("screen", SCREENS)

heading()
screen = screen_control(chosen.title)
if screen == PROBLEM:
    problem(chosen)
elif screen == METHOD:
    method(chosen, report_of(chosen))
else:
    found = evaluation_of(chosen)
    if not isinstance(found, Report):
        st.info(found, icon=":material/info:")
    elif screen == EVIDENCE:
        show_evidence(found)
    else:
        decision(found)
if not presenting():
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button(_("Start a chain from your own picture"), icon=":material/add_photo_alternate:",
                     help=_("A JPEG, PNG or WebP of yours becomes the starting point of a chain.")):  # fmt: skip
            st.session_state["from"] = UPLOAD  # a picture cannot be part of a link
            st.switch_page(CHAIN.script, query_params=st.query_params.to_dict())
        onward_link(INTERPOLATION, _("Interpolate between two pictures"), ":material/linear_scale:")
        onward_link(QUALITY, _("Read the whole review"), ":material/fact_check:")
