"""Ask people: blind reviews that turn a meeting into evidence, and the record of what was decided."""

from __future__ import annotations

import streamlit as st

from latentdemo.errors import LatentdemoError
from latentdemo.reviews.review import Review
from latentdemo.reviews.store import review_store
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.comparison import compare_reviews
from latentdemo.ui.review.invitation import invitation
from latentdemo.ui.review.listing import OPEN, open_review, review_list, title_of
from latentdemo.ui.review.presenter import own_link, presenter_token, remember_presenter, say_trouble
from latentdemo.ui.review.record import record_section
from latentdemo.ui.review.result import result_section
from latentdemo.ui.review.reviewer import reviewer_page
from latentdemo.ui.review.setup import begun_review, is_beginning, setup_form, stop_beginning
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import is_invited, selection
from latentdemo.ui.shell.presentation import on_move_keys, presenting
from latentdemo.ui.state.evaluated import report_of
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.person import Role, may
from latentdemo.ui.state.selection import Selection

INVITE, RESULT, RECORD = PARTS = ("invite", "result", "record")


def head() -> None:
    """The title, and how to read the page."""
    with page_heading(_("Ask people which pictures they prefer")):
        how_to_read(
            _("Each person sees pairs in an order and on sides of their own. Among them are controls: a real picture "
              "beside noise tells who does not look, and a pair that comes again with its sides exchanged tells who "
              "has a favourite side. Nothing in the page that people see tells which way a picture comes from. The "
              "result is hidden until you show it; its intervals stay valid however often you look. Whoever has the "
              "link can answer, and sees the result only once you show it and they have answered to the end. A review "
              "can be deleted with everything in it.")
        )  # fmt: skip


def presenter_page(chosen: Selection) -> None:
    """The list of reviews and a new one, or the review that is open; for presenters."""
    token = presenter_token()
    remember_presenter(token)
    asked = st.query_params.get(OPEN)
    review = review_store().review(token, asked) if token and asked else None
    if review:
        review_page(review, token)
        return
    head()
    if is_beginning():
        wait_for_pictures()
        return
    if asked:
        st.warning(_("This review is not one of yours, or was deleted."), icon=":material/link_off:")
    st.markdown(
        _("Figures say one thing; whether pictures convince, people say. They open a link, on a phone too, and choose "
          "one of two pictures without knowing where either comes from.")
    )  # fmt: skip
    setup_form(chosen, report_of(chosen))
    if token and (reviews := review_store().reviews_of(token)):
        review_list(reviews, token)
        own_link(token)
        if len(reviews) > 1:
            compare_reviews(reviews)


def viewer_page() -> None:
    """What those see who are no presenters."""
    st.title(_("Ask people which pictures they prefer"), anchor=False)
    st.info(_("Presenters begin reviews here and show their results. To begin one, ask whoever runs this demo for the "
              "role."), icon=":material/lock:")  # fmt: skip


def wait_for_pictures() -> None:
    """How far a review is that is being begun; opens it as soon as its pictures are made."""
    number = begun_review()
    if number:
        open_review(number)
        st.rerun()
    st.button(_("Back"), key="stop_beginning", icon=":material/arrow_back:", on_click=stop_beginning,
              help=_("To the settings; no review is begun."))  # fmt: skip


def review_page(review: Review, token: str) -> None:
    """One review: the invitation, the result, the record."""
    if not presenting():
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.title(title_of(review), anchor=False, width="content")
            st.button(_("All reviews"), key="all_reviews", icon=":material/arrow_back:", on_click=open_review,
                      help=_("Back to the list, and to a new review."))  # fmt: skip
    part = part_control()
    say_trouble()
    if part == INVITE:
        invitation(review, token)
    elif part == RESULT:
        result_section(review, token)
    else:
        record_section(review, token)


def part_control() -> str:
    """Which part of a review is shown."""
    take_from_link("part", PARTS, INVITE)
    titles = {INVITE: _("Invite"), RESULT: _("Result"), RECORD: _("Decision and record")}
    part = st.segmented_control(
        _("Part"), PARTS, required=True, key="part", label_visibility="collapsed", format_func=titles.__getitem__
    )
    assert part is not None
    put_in_link("part", INVITE)
    return part


if is_invited():
    reviewer_page()
else:
    chosen = selection()
    on_move_keys("part", PARTS)
    try:
        if may(Role.PRESENTER):
            presenter_page(chosen)
        else:
            viewer_page()
    except LatentdemoError as error:
        st.title(_("Ask people which pictures they prefer"), anchor=False)
        st.error(error_words(error), icon=":material/error:")
        st.button(_("Try again"), key="try_again", icon=":material/refresh:", help=_("Load this page once more."))
