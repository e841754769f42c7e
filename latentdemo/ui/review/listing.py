"""The reviews of a presenter, newest first."""

from __future__ import annotations

import streamlit as st

from latentdemo.reviews.review import Review
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.result import current_result, ways_by_name
from latentdemo.ui.review.sentences import headline
from latentdemo.ui.review.words import VERDICTS, question_words, way_words
from latentdemo.ui.state.selection import dataset_title, family_title

OPEN = "review"  # the number of the open review in the address


def review_list(reviews: list[Review], presenter: str) -> None:
    """A card a review, with the result where it is shown."""
    st.subheader(_("Your reviews"), anchor=False)
    for review in reviews:
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(width="stretch", gap=None):
                st.markdown(f"**{title_of(review)}**")
                if review.shown and (result := current_result(review, presenter)):
                    st.markdown(headline(result, ways_by_name(review.plan)))
                st.caption(" · ".join(facts(review)))
            st.button(
                _("Open"), key=f"open {review.number}", on_click=open_review, args=(review.number,),
                help=_("Its link, its result and its decision."),
            )  # fmt: skip


def title_of(review: Review) -> str:
    """A review by its name, or by its question."""
    return review.plan.name or question_words(review.plan)


def model_title(review: Review) -> str:
    """The model in words."""
    dataset, family = review.plan.model.split("/")
    return f"{_(dataset_title(dataset))} · {family_title(family)}"


def facts(review: Review) -> list[str]:
    """When, of what, how many, and what was decided."""
    return [
        f"{review.created:%Y-%m-%d}",
        model_title(review),
        " / ".join(map(way_words, review.plan.ways)),
        *([_("begun by {who}", who=review.plan.begun_by)] if review.plan.begun_by else []),
        _("people: {people}, answers: {answers}", people=review.people, answers=review.answers),
        _(VERDICTS[review.decision.verdict]) if review.decision else _("Not decided"),
    ]


def open_review(number: str = "") -> None:
    """Open a review, or without a number the list."""
    if number:
        st.query_params[OPEN] = number
    elif OPEN in st.query_params:
        del st.query_params[OPEN]
