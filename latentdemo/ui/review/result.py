"""What people prefer so far: hidden until the presenter shows it, and brought up to date while they watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

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
from latentdemo.ui.review.words import per_cent, way_words

FEWEST_RANKED = 3  # ways whose order says more than which of two is ahead
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
            on_click=review_store().show, args=(presenter, review.number),
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
    """The result as it is now."""
    try:
        result = current_result(review, presenter)
    except DatabaseError as error:
        st.warning(error_words(error), icon=":material/hourglass_top:")
        return
    if result is None or result.decision is None or result.decision.leader not in result.shares:
        st.info(_("Nobody has answered yet."), icon=":material/hourglass_empty:")
        return
    ways = {way.name: way for way in review.plan.ways}
    st.subheader(headline(result, ways), anchor=False)
    st.markdown(standing(result, ways))
    st.altair_chart(preference_chart({ways[name]: share for name, share in result.shares.items()}), width="stretch")
    st.caption(
        _("Share of the answers about a way that prefer it, the mean over people; “no difference” counts as half. The "
          "lines are 95 % intervals that stay valid while you watch, and stop when you like.")
    )  # fmt: skip
    for sentence in remarks(result, ways, review.plan):
        st.markdown(sentence)


def current_result(review: Review, presenter: str) -> Result | None:
    """What the votes so far come to; None where there are none."""
    votes = tuple(ballot.vote for ballot in review_store().ballots(presenter, review.number))
    return result_for(votes, review.plan) if votes else None


@lru_cache(maxsize=32)
def result_for(votes: tuple[Vote, ...], plan: Plan) -> Result:
    """What votes of a review come to."""
    names = [way.name for way in plan.ways]
    gaps = {way.name: Interval(way.gap, way.gap_error) for way in plan.ways if way.gap is not None}
    return result_of(
        votes, names, pairs=counted_pairs(plan), real=REAL if REAL in names else None, gap_closed=gaps
    )  # fmt: skip


def headline(result: Result, ways: Mapping[str, Way]) -> str:
    """What most people prefer, in a sentence."""
    assert result.decision is not None
    leader = result.decision.leader
    share = result.shares[leader]
    words = {"people": result.persons, "way": way_words(ways[leader]), "tenths": f"{10 * share.estimate:.0f}",
             "low": per_cent(share.low), "high": per_cent(share.high)}  # fmt: skip
    if result.persons == 1:
        return _("1 person preferred “{way}” in {tenths} of 10 answers (95 % interval {low} to {high} %)", **words)
    return _("{people} people preferred “{way}” in {tenths} of 10 answers (95 % interval {low} to {high} %)", **words)


def standing(result: Result, ways: Mapping[str, Way]) -> str:
    """Whether that is decided, and if not, how many more people it takes."""
    decision = result.decision
    assert decision is not None
    if decision.is_made:
        return _("**Decided:** more than chance explains, however often you have looked.")
    needed = decision.needed
    if needed is None:
        return _("Not decided yet, and too early to say how many more people it takes.")
    if needed.low is None:
        return _("Not decided yet. If others answer as these did, hundreds more would not decide it.")
    if needed.high == 0:
        return _("Not decided yet. It may be as soon as those who have begun are through.")
    if needed.high is None:
        return _(
            "Not decided yet. If others answer as these did, {low} more must answer, or many more.", low=needed.low
        )
    more = f"{needed.low}–{needed.high}" if needed.high > needed.low else str(needed.low)
    return _("Not decided yet. If others answer as these did, about {more} more must answer.", more=more)


def remarks(result: Result, ways: Mapping[str, Way], plan: Plan) -> Sequence[str]:
    """What else is to be said, a sentence each."""
    said = []
    for name, share in result.fooled.items():
        said.append(
            _("“{way}” was taken for real in {share} % of the answers beside real data ({low} to {high} %). Where "
              "people cannot tell, it would be 50 %.",
              way=way_words(ways[name]), share=per_cent(share.estimate), low=per_cent(share.low),
              high=per_cent(share.high))
        )  # fmt: skip
    if result.doubtful:
        said.append(
            _("Answers at random, or always on one side: from {doubtful} of {people} people. They are counted here, "
              "which draws the shares towards one half.",
              doubtful=len(result.doubtful), people=len(result.answerers))
        )  # fmt: skip
    if result.left and (result.left.above_half or result.left.below_half):
        said.append(
            _("People prefer one side: the left one in {share} % of the answers.", share=per_cent(result.left.estimate))
        )
    if result.agreement:
        said.append(
            _("How far people agree: Krippendorff's alpha {alpha} (1: fully, 0: no more than chance).",
              alpha=f"{result.agreement.mean:.2f}")
        )  # fmt: skip
    tau = result.metric_agreement
    if tau and tau.ways >= FEWEST_RANKED:
        said.append(
            _("Whether the quality gap closed ranks the ways as people do: Kendall's tau {tau} ({low} to {high}; 1: "
              "the same order, −1: the reverse).",
              tau=f"{tau.tau:.2f}", low=f"{tau.low:.2f}", high=f"{tau.high:.2f}")
        )  # fmt: skip
    return said
