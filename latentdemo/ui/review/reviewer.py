"""What somebody sees who was invited to a review: a word of welcome, pair after pair, and a word of thanks."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from latentdemo.engine import RecentResults
from latentdemo.errors import DatabaseError, LatentdemoError, ReviewError
from latentdemo.reviews.limits import ANSWERS_OF_A_PERSON, ANSWERS_OF_AN_ADDRESS, ARRIVALS_FROM_AN_ADDRESS
from latentdemo.reviews.pairs import Answer, pairs_of
from latentdemo.reviews.pictures import pair_png, pictures_in
from latentdemo.reviews.review import Person, Plan, Review
from latentdemo.reviews.store import ReviewStore, review_store
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.pair import pair_to_answer
from latentdemo.ui.review.result import draw_result, result_for, ways_by_name
from latentdemo.ui.review.words import question_words
from latentdemo.ui.shell.language import language_control
from latentdemo.ui.shell.navigation import INVITATION
from latentdemo.ui.shell.sign_in import ask_to_sign_in
from latentdemo.ui.state.person import Role, may

ME = "me"  # name of the person's token in the address, so that a reload goes on where they were
TROUBLE = "review_trouble"  # place in the session's state: what went wrong while an answer was taken
KEPT_BYTES = 128 * 2**20  # bytes of pictures that are kept for all sessions together
SECONDS_A_PAIR = 4  # that people take, about
LOOKED_EVERY = 3.0  # seconds between two looks at the result
STYLE = """
<style>
[data-testid="stHeader"], [data-testid="stSidebar"], [data-testid="stElementToolbar"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 1rem 1rem 0.5rem; max-width: none; }
.st-key-welcome { max-width: 34rem; margin: 0 auto; }
.st-key-result { max-width: 48rem; margin: 0 auto; }
</style>
"""


@st.cache_resource
def recent_pictures() -> RecentResults[dict[str, np.ndarray]]:
    """The pictures of the reviews that were answered last."""
    return RecentResults(KEPT_BYTES)


def reviewer_page() -> None:
    """The whole page of somebody who was invited."""
    st.html(STYLE)
    try:
        review_as_invited(st.query_params[INVITATION], st.query_params.get(ME, ""))
    except LatentdemoError as error:
        st.error(error_words(error), icon=":material/error:")
        st.button(_("Try again"), key="try_again", icon=":material/refresh:", help=_("Load this page once more."))


def review_as_invited(invitation: str, me: str) -> None:
    """Where somebody is in the review: before, within or after it.

    Args:
        invitation: token of the review.
        me: token of the person; empty where they have not begun.
    """
    store = review_store()
    person = store.person(me, invitation) if me else None
    review = person.review if person else store.review_for(invitation)
    if review and not may_answer(review.plan):
        ask_to_sign_in()
    if review is None:
        st.error(_("This link opens no review. Ask whoever invited you for another one."), icon=":material/link_off:")
    elif person and person.is_through:
        with st.container(key="result"):
            result_or_thanks(review.plan, me, invitation)
            language_control()
    elif person.over if person else review.decision:
        with st.container(key="welcome"):
            st.success(_("This review is over. Thank you."), icon=":material/check_circle:")
            language_control()
    elif person is None:
        welcome(review.plan, invitation)
    else:
        ask(store, person, me, invitation)


def may_answer(plan: Plan) -> bool:
    """Whether who is here may answer: everybody where guests are allowed, else those who may see the demo."""
    return plan.guests or may(Role.VIEWER)


def welcome(plan: Plan, invitation: str) -> None:
    """What is asked, and the button that begins."""
    with st.container(key="welcome"):
        st.title(question_words(plan), anchor=False)
        st.markdown(
            _("You see {pairs} pairs of pictures. Choose one of each, as it strikes you: tap it, or press ← or →. It "
              "takes about {minutes} min. You can stop and come back.",
              pairs=plan.pairs, minutes=max(1, round(plan.pairs * SECONDS_A_PAIR / 60)))
        )  # fmt: skip
        say_trouble()
        st.text_input(
            _("Your name, if you like"), key="reviewer_name", max_chars=60,
            help=_("Only whoever invited you sees it, beside your answers. It may stay empty."),
        )  # fmt: skip
        st.button(
            _("Begin"), key="begin_answers", type="primary", width="stretch", on_click=join, args=(invitation,),
            help=_("Show the first pair."),
        )  # fmt: skip
        language_control()


@st.fragment(run_every=LOOKED_EVERY)
def result_or_thanks(plan: Plan, me: str, invitation: str) -> None:
    """What came of the review once it is shown, brought up to date; before, a word of thanks."""
    try:
        votes = review_store().votes_for(me, invitation)
    except DatabaseError as error:
        st.warning(error_words(error), icon=":material/hourglass_top:")
        return
    if votes and (result := result_for(plan, votes)):
        draw_result(result, ways_by_name(plan))
    else:
        st.success(
            _("That was the last one. Thank you! Leave this page open: you see the result here as soon as whoever "
              "invited you shows it."),
            icon=":material/check_circle:",
        )  # fmt: skip


def join(invitation: str) -> None:
    """Let somebody in who has pressed the button."""
    if not ARRIVALS_FROM_AN_ADDRESS.takes(address()):
        st.session_state[TROUBLE] = _("Many people arrive from your network at the same time. Press again in a moment.")
        return
    store = review_store()
    try:
        review = store.review_for(invitation)
        if review and not may_answer(review.plan):
            return  # the page asks them to sign in
        st.query_params[ME] = store.join(invitation, st.session_state.get("reviewer_name", ""))
    except (DatabaseError, ReviewError) as error:
        st.session_state[TROUBLE] = error_words(error)


def ask(store: ReviewStore, person: Person, me: str, invitation: str) -> None:
    """The next pair."""
    plan = person.review.plan
    pair = pairs_of(plan, person.review.has_real, person.seed)[person.answered]
    png = pair_png(pair, pictures_of(store, person.review), person.review.seed)
    say_trouble()
    take = partial(take_answer, store, me, invitation)
    pair_to_answer(png, question_words(plan), person.answered, plan.pairs, plan.ties, take)


def take_answer(store: ReviewStore, me: str, invitation: str, number: int, answer: Answer) -> None:
    """Keep an answer; one that comes too fast, or finds the database away, is sent again by the browser."""
    if not (ANSWERS_OF_A_PERSON.takes(me) and ANSWERS_OF_AN_ADDRESS.takes(address())):
        st.session_state[TROUBLE] = _("That was fast. Your answer is sent again in a moment.")
        return
    try:
        store.answer(me, invitation, number, answer)
    except DatabaseError:
        st.session_state[TROUBLE] = _("Your answer could not be kept yet. It is sent again by itself; leave this page "
                                      "open.")  # fmt: skip


def say_trouble() -> None:
    """What went wrong before, once."""
    if trouble := st.session_state.pop(TROUBLE, None):
        st.warning(trouble, icon=":material/hourglass_top:")


def address() -> str:
    """The network address of whoever is here; one name for all who are at this machine."""
    return st.context.ip_address or "here"


def pictures_of(store: ReviewStore, review: Review) -> dict[str, np.ndarray]:
    """All pictures of a review, see `latentdemo.reviews.pictures.pictures_in`."""
    kept = recent_pictures()
    found = kept.get(review.number)
    if found is None:
        with kept.turn(review.number):
            found = kept.get(review.number) or {
                way: pictures_in(store.sheet(review, way)) for way in sorted(review.digests)
            }
        kept.put(review.number, found, sum(each.nbytes for each in found.values()))
    return found
