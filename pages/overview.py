"""Overview: the case for a chain in four screens, on the model that is chosen."""

from __future__ import annotations

import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.sampling.densities.resolve import MAPS
from latentdemo.ui.controls.kernel import way_in_link
from latentdemo.ui.evaluation.cards import show_verdict
from latentdemo.ui.evaluation.charts import gap_and_coverage
from latentdemo.ui.evaluation.curves import STEPS_AXIS, usual_ways
from latentdemo.ui.evaluation.verdict import best_chain, mismatch, verdict
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.kernel_words import start_title, way_help, way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.pictures import advised, place_of_sheet, prior_request, real_sheet, way_request
from latentdemo.ui.runs.comparison import Comparison, comparison_or_wait
from latentdemo.ui.shell.navigation import CHAIN, INTERPOLATION, QUALITY, PageEntry, selection
from latentdemo.ui.shell.presentation import on_move_keys, presenting
from latentdemo.ui.state.evaluated import evaluation_of
from latentdemo.ui.state.link import put_in_link, settings_of_all_pages, take_from_link
from latentdemo.ui.state.selection import Selection

PROBLEM, METHOD, EVIDENCE, DECISION = SCREENS = ("problem", "method", "evidence", "decision")


def screen_control(model: str) -> str:
    """Which screen, with a way back and on; in a presentation, where keys do that, with the name of the model."""
    take_from_link("screen", SCREENS, PROBLEM)
    titles = {PROBLEM: _("Problem"), METHOD: _("Method"), EVIDENCE: _("Evidence"), DECISION: _("Decision")}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        screen = st.segmented_control(
            _("Screen"), SCREENS, required=True, key="screen", label_visibility="collapsed",
            format_func=lambda name: f"{SCREENS.index(name) + 1}  {titles[name]}",
        )  # fmt: skip
        assert screen is not None
        if presenting():
            st.markdown(model, width="content")
        else:
            with st.container(horizontal=True, width="content"):
                st.button(_("Back"), icon=":material/arrow_back:", disabled=screen == PROBLEM, on_click=go, args=(-1,),
                          help=_("To the screen before."))  # fmt: skip
                st.button(_("Next"), icon=":material/arrow_forward:", icon_position="right", type="primary",
                          disabled=screen == DECISION, on_click=go, args=(1,),
                          help=_("To the next screen."))  # fmt: skip
    put_in_link("screen", PROBLEM)
    return screen


def go(screens: int) -> None:
    """Go on by a number of screens, and stay at either end; nothing where no screen is shown."""
    if "screen" not in st.session_state:
        return
    place = SCREENS.index(st.session_state["screen"]) + screens
    st.session_state["screen"] = SCREENS[min(max(place, 0), len(SCREENS) - 1)]


def sheet(chosen: Selection, title: str, png: bytes | None, alt: str) -> None:
    """A sheet of pictures in a card; its place is kept while there is none yet."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.image(png or place_of_sheet(chosen), alt=alt if png else _("Sampling …"), width="stretch")


def problem(chosen: Selection, report: Report | None) -> None:
    """What the model was trained on, beside what it makes of random latents."""
    left, right = st.columns(2)
    real = real_sheet(chosen)
    with left:
        if real:
            sheet(
                chosen,
                _("Real data"),
                real,
                _("Held-out images of the data that {model} was trained on", model=chosen.title),
            )
        else:
            st.info(_("There are no held-out images beside this model to compare with."), icon=":material/info:")
    prior = comparison_or_wait(prior_request(chosen))
    with right:
        prior_sheet(chosen, prior)
    st.markdown(
        _("A generative autoencoder makes a new picture by decoding a random point of its latent space, the prior. But "
          "many such points lie where no real picture does, and decode to artifacts: torn edges, parts that do not "
          "belong together, blur.")
    )  # fmt: skip
    if report and report.latent_space:
        st.markdown(_("Measured for this model: {sentence}", sentence=mismatch(report.latent_space)))


def prior_sheet(chosen: Selection, prior: Comparison | None) -> None:
    """What a prior sample looks like."""
    alt = _("Prior samples of {model}", model=chosen.title)
    sheet(chosen, _("Straight from the prior"), prior.sheets[0].png if prior else None, alt)


def method(chosen: Selection, report: Report | None) -> None:
    """The same starting points before and after the chain."""
    row = advised(report)
    left, right = st.columns(2)
    prior = comparison_or_wait(prior_request(chosen))
    after = comparison_or_wait(way_request(chosen, row)) if prior else None
    with left:
        prior_sheet(chosen, prior)
    with right:
        sheet(
            chosen, after_title(row), after.sheets[row.steps].png if after else None,
            f"{chosen.title}: {way_phrase(row)}",
        )  # fmt: skip
    if not row.kernel:
        drawing(report, row)
        return
    if row.start == "prior":
        st.caption(_("Unselected samples; each tile on the right grew from the tile at the same place on the left."))
    else:
        st.caption(_("Unselected samples; the chains on the right start from another distribution than the prior."))
    st.markdown(
        _("The remedy leaves the model as it is. A Markov chain carries every random point towards where the encoder "
          "puts real pictures, and only then it is decoded. Here: {way}. {how}",
          way=way_phrase(row), how=way_help(row))
    )  # fmt: skip
    if report and not report.recommended:
        st.warning(verdict(report), icon=":material/warning:")


def after_title(row: Row) -> str:
    """What stands above the pictures of the way that is shown."""
    if not row.kernel:
        return _("Drawn from the {start}", start=start_title(row.start))
    return _("After 1 step") if row.steps == 1 else _("After {steps} steps", steps=row.steps)


def drawing(report: Report | None, row: Row) -> None:
    """What a draw from a density is that no chain follows, and which chain can be watched instead."""
    if row.start in MAPS:
        st.caption(
            _("Unselected samples; each tile on the right is the random point of the tile at the same place on the "
              "left, carried to where real pictures lie.")
        )  # fmt: skip
    else:
        st.caption(_("Unselected samples; those on the right are draws of their own, not what the left ones became."))
    st.markdown(
        _("The remedy leaves the model as it is. Random points are drawn from a density that was fitted to where the "
          "encoder puts real pictures, instead of from the prior, and are decoded at once: {way}. It needs no chain.",
          way=way_phrase(row))
    )  # fmt: skip
    chain = report.best_chain if report else None
    if report and chain:
        st.markdown(_("A chain goes towards it in steps that one can watch. {sentence}", sentence=best_chain(report)))
        if not presenting():
            way = way_in_link(chain) | {"from": chain.start, "steps": str(chain.steps)}
            st.page_link(CHAIN.script, label=_("Watch the best chain step by step"), icon=":material/footprint:",
                         query_params=settings_of_all_pages() | way)  # fmt: skip


def evidence(report: Report) -> None:
    """What is gained and what is lost with every step."""
    gap_and_coverage(report, usual_ways(report), STEPS_AXIS)
    st.caption(
        _("Left, how much of the way from the prior sample (0 %) to the best that this decoder can do (100 %) is made; "
          "right, how much of the variety of real data is reached. {count} samples, {seeds} repetitions; bands are "
          "95 % intervals; the ring marks what is recommended.",
          count=f"{report.count * len(report.seeds):,}", seeds=len(report.seeds))
    )  # fmt: skip


def decision(report: Report) -> None:
    """The verdict."""
    show_verdict(report)
    st.caption(_("Measured {date} on {device}.", date=report.created, device=device_words(report.device)))


def explanation() -> None:
    """How to read the page."""
    with st.expander(_("How to read this"), icon=":material/help:"):
        st.markdown(
            _("Four screens make the case for the model that is chosen in the sidebar, or say that there is none: what "
              "the prior gives, what the advised way to sample makes instead, what is gained and lost with every step, "
              "and the verdict. Pictures are made now, from the seed in the sidebar, and none is selected; figures "
              "were measured beforehand, on many samples. *Present* shows the screens without anything else.")
        )  # fmt: skip


def onward_link(entry: PageEntry, label: str, icon: str) -> None:
    """A link to another page with the same settings."""
    st.page_link(entry.script, label=label, icon=icon, query_params=st.query_params.to_dict())


chosen = selection()
on_move_keys(go)

st.title(_("Better samples from the model you already have"), anchor=False)
screen = screen_control(chosen.title)
found = evaluation_of(chosen)
report = found if isinstance(found, Report) else None
if screen == PROBLEM:
    problem(chosen, report)
elif screen == METHOD:
    method(chosen, report)
elif report is None:
    st.info(str(found), icon=":material/info:")
elif screen == EVIDENCE:
    evidence(report)
else:
    decision(report)
if not presenting():
    explanation()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button(_("Start a chain from your own picture"), icon=":material/add_photo_alternate:",
                     help=_("A JPEG, PNG or WebP of yours becomes the starting point of a chain.")):  # fmt: skip
            st.session_state["from"] = "upload"  # a picture cannot be part of a link
            st.switch_page(CHAIN.script, query_params=st.query_params.to_dict())
        onward_link(INTERPOLATION, _("Interpolate between two pictures"), ":material/linear_scale:")
        onward_link(QUALITY, _("Read the whole review"), ":material/fact_check:")
