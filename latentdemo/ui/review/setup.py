"""Beginning a review: what is compared, what is asked, and the pictures made."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import streamlit as st

from latentdemo.engine import Job, RecentResults
from latentdemo.evaluation.report import Report, Row
from latentdemo.reviews.pictures import make_sheets
from latentdemo.reviews.review import (
    FEWEST_WAYS,
    IS_REAL,
    LONGEST_TEXT,
    MOST_WAYS,
    NATURAL,
    Plan,
    Way,
)
from latentdemo.reviews.store import review_store
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.starts import keeps_places
from latentdemo.ui.i18n.kernel_words import way_key, way_rank
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.presenter import become_presenter
from latentdemo.ui.review.words import QUESTIONS, way_words
from latentdemo.ui.state.background import Task, result_or_wait
from latentdemo.ui.state.evaluated import advised
from latentdemo.ui.state.person import Role, allowed, here
from latentdemo.ui.state.selection import Selection

OWN = "own"  # stands for a question in the presenter's own words
PAIRS, USUAL_PAIRS = (10, 20, 40), 20
PRESSED = "review_pressed"  # place in the session's state: that a review is to begin
STARTING = "review_starting"  # place in the session's state: what a review is being begun of
SEED_BITS = 31
KEPT = 64  # numbers of reviews that were begun, until their pages have taken them


@st.cache_resource
def begun() -> RecentResults[str]:
    """The numbers of the reviews that were begun last."""
    return RecentResults(KEPT)


def setup_form(chosen: Selection, report: Report | None) -> None:
    """The settings of a review, all of them at what is usual, and the button that begins it."""
    ways = ways_offered(report)
    usual = [Way(ChainSpec(steps=0)).name, way_of(advised(report)).name]
    with st.container(border=True):
        names = st.multiselect(
            _("Ways to compare"), ways, usual, key=f"review_ways_{chosen.model}", max_selections=MOST_WAYS,
            format_func=lambda name: way_words(ways[name]),
            help=_("Two to six. Real data beside them tells whether people can tell at all."),
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            question = question_control()
            pairs = st.segmented_control(
                _("Pairs a person"), PAIRS, default=USUAL_PAIRS, required=True, key="review_pairs",
                help=_("How many pairs each person answers, a few controls among them. Twenty take a minute or two."),
            )  # fmt: skip
        compared = tuple(ways[name] for name in names)
        if question == IS_REAL and Way(None) not in compared:
            compared = (*compared, Way(None))
        with st.container(horizontal=True):
            ties = st.toggle(_("“No difference” may be answered"), value=True, key="review_ties",
                             help=_("Otherwise people choose one of two even if they see no difference."))  # fmt: skip
            same_start = same_start_control(compared)
            guests = guests_control()
        plan = Plan(
            chosen.model, chosen.config.sha256, chosen.densities, compared, question=question or NATURAL,
            pairs=pairs or USUAL_PAIRS, same_start=same_start, ties=ties, evaluated=report.created if report else "",
            begun_by=here().name, guests=guests,
        )  # fmt: skip
        fits = FEWEST_WAYS <= len(compared) <= MOST_WAYS
        if not fits:
            st.caption(_("Choose two to six ways, real data among them where people are asked for it."))
        st.button(
            _("Begin the review"), key="begin_review", type="primary", icon=":material/groups:", disabled=not fits,
            on_click=st.session_state.update, args=({PRESSED: True},),
            help=_("Makes the pictures, and shows the link that people open. Nobody sees a result until you show it."),
        )  # fmt: skip
        if st.session_state.pop(PRESSED, False) and fits:  # A callback would have the settings of the run before.
            begin(plan)
            st.rerun()


def question_control() -> str:
    """What people are asked."""
    question = st.selectbox(
        _("Question"), [*QUESTIONS, OWN], key="review_question", width=280,
        format_func=lambda name: _(QUESTIONS[name]) if name in QUESTIONS else _("In your own words"),
        help=_("What people are asked of each pair. Who is asked for the real picture sees one in each pair."),
    )  # fmt: skip
    if question != OWN:
        return question
    own = st.text_input(_("Your question"), key="review_own_question", max_chars=LONGEST_TEXT,
                        help=_("It stands above each pair, as you write it."))  # fmt: skip
    return own.strip()


def same_start_control(ways: tuple[Way, ...]) -> bool:
    """Whether pairs are of the same starting point, which can be chosen where all ways keep it."""
    if not all(keeps_start(way) for way in ways):
        return False
    return st.toggle(
        _("Both from the same starting point"), value=True, key="review_same_start",
        help=_("Each pair then shows what two ways make of the same random point. Otherwise its pictures are "
               "independent draws."),
    )  # fmt: skip


def guests_control() -> bool:
    """Whether people may answer who are not signed in; there is no choice where nobody is asked to sign in."""
    if not here().account:
        return True
    return st.toggle(
        _("Guests may answer"), key="review_guests",
        help=_("Whoever has the link, without signing in. They see nothing else of the demo."),
    )  # fmt: skip


def keeps_start(way: Way) -> bool:
    """Whether pictures of a way grew from the starting points of the prior."""
    return way.spec is not None and keeps_places(str(way.spec.start))


def ways_offered(report: Report | None) -> dict[str, Way]:
    """Name of a way -> the way: the prior, what is advised, the best row of each way that was measured, real data."""
    best: dict[str, Row] = {}
    for row in sorted(report.rows, key=way_rank) if report else []:
        key = way_key(row)
        if not row.is_external and (key not in best or gap_of(row) > gap_of(best[key])):
            best[key] = row
    prior = report.prior if report else Row({}, spec=ChainSpec(steps=0))
    ways = map(way_of, [prior, advised(report), *best.values()])
    return {way.name: way for way in (*ways, Way(None))}


def gap_of(row: Row) -> float:
    """The quality gap closed of a row, for sorting."""
    return row.gap.figure.mean if row.gap else float("-inf")


def way_of(row: Row) -> Way:
    """A row of an evaluation as a way to compare."""
    if row.gap is None:
        return Way(row.spec, row.milliseconds or None)
    return Way(row.spec, row.milliseconds or None, row.gap.figure.mean, row.gap.figure.error)


def begin(plan: Plan) -> None:
    """Begin a review when the page is run next, for a presenter."""
    if not allowed(Role.PRESENTER):
        return
    st.session_state[STARTING] = (plan, secrets.randbits(SEED_BITS), become_presenter())


def begun_review() -> str | None:
    """The number of the review that is being begun, as soon as its pictures are made; None before, and for none."""
    starting = st.session_state.get(STARTING)
    if starting is None:
        return None
    plan, seed, presenter = starting
    store = review_store()  # looked up here, so that a database that cannot be used is told at once

    def work(job: Job[Any]) -> str:
        pictures: Mapping[str, bytes] = make_sheets(plan, seed, job)
        return store.begin(presenter, plan, seed, pictures)

    number = result_or_wait(Task((plan, seed), work, begun(), lambda _number: 1))
    if number is not None:
        del st.session_state[STARTING]
    return number


def is_beginning() -> bool:
    """Whether a review is being begun."""
    return STARTING in st.session_state


def stop_beginning() -> None:
    """Begin no review after all."""
    st.session_state.pop(STARTING, None)
