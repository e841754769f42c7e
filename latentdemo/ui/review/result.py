"""What people prefer so far: hidden until the presenter shows it, and brought up to date while they watch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial

import streamlit as st

from latentdemo.errors import DatabaseError
from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.pairs import counted_pairs
from latentdemo.reviews.review import Plan, Review, Way
from latentdemo.reviews.statistics.result import Result, result_of
from latentdemo.reviews.store import review_store
from latentdemo.reviews.vote import REAL, Vote
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.chart import preference_chart
from latentdemo.ui.review.presenter import keeping
from latentdemo.ui.review.sentences import comparisons, headline, reliability, standing

LOOKED_EVERY = 2.0  # seconds between two looks at the answers


def result_section(review: Review, presenter: str) -> None:
    """The result, or the button that shows it."""
    if not review.shown:
        st.info(
            _("The result is hidden until you show it, so that it sways nobody who answers still."),
            icon=":material/visibility_off:",
        )
        st.button(
            _("Show the result"), key="show_result", type="primary", icon=":material/visibility:",
            on_click=keeping, args=(partial(review_store().show, presenter, review.number),),
            help=_("Looking early spoils nothing: the intervals stay valid while you watch."),
        )  # fmt: skip
        return
    if review.decision:
        live_result(review, presenter)
    else:
        watched_result(review, presenter)


@st.fragment(run_every=LOOKED_EVERY)
def watched_result(review: Review, presenter: str) -> None:
    """The result, looked at again and again."""
    live_result(review, presenter)


def live_result(review: Review, presenter: str) -> None:
    """The result as it is now, and what else is to be said."""
    try:
        result = current_result(review, presenter)
    except DatabaseError as error:
        st.warning(error_words(error), icon=":material/hourglass_top:")
        return
    if result is None:
        st.info(_("Nobody has answered yet."), icon=":material/hourglass_empty:")
        return
    ways = ways_by_name(review.plan)
    draw_result(result, ways)
    for sentence in (*comparisons(result, ways), *reliability(result)):
        st.markdown(sentence)


def draw_result(result: Result, ways: Mapping[str, Way]) -> None:
    """What most prefer, whether that is decided, and the shares of all ways."""
    st.subheader(headline(result, ways), anchor=False)
    st.markdown(standing(result, ways))
    st.altair_chart(preference_chart({ways[name]: share for name, share in result.shares.items()}), width="stretch")
    st.caption(
        _("Share of the answers about a way that prefer it, the mean over people; “no difference” counts as half. The "
          "lines are 95 % intervals that stay valid while you watch, and stop when you like.")
    )  # fmt: skip


def current_result(review: Review, presenter: str) -> Result | None:
    """What the votes so far come to; None where there are none."""
    return result_for(review.plan, [ballot.vote for ballot in review_store().ballots(presenter, review.number)])


def result_for(plan: Plan, votes: Iterable[Vote]) -> Result | None:
    """What votes come to; None where no one of them is about a way."""
    result = kept_result(plan, tuple(votes))
    return result if result.decision and result.decision.leader in result.shares else None


@lru_cache(maxsize=64)
def kept_result(plan: Plan, votes: tuple[Vote, ...]) -> Result:
    """See `result_for`."""
    names = [way.name for way in plan.ways]
    gaps = {way.name: Interval(way.gap, way.gap_error) for way in plan.ways if way.gap is not None}
    return result_of(
        votes, names, pairs=counted_pairs(plan), real=REAL if REAL in names else None, gap_closed=gaps
    )  # fmt: skip


def ways_by_name(plan: Plan) -> dict[str, Way]:
    """Name of a way -> the way."""
    return {way.name: way for way in plan.ways}
