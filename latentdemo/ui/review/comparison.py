"""Pictures of two reviews, one over the other: what has become of them over time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from latentdemo.imaging import png_bytes
from latentdemo.reviews.pictures import contact_sheet_of
from latentdemo.reviews.review import Review
from latentdemo.reviews.store import review_store
from latentdemo.sampling import ChainSpec
from latentdemo.ui.components.wipe import Side, wipe
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.listing import facts, title_of
from latentdemo.ui.review.result import ways_by_name
from latentdemo.ui.review.words import way_words

PICTURES, COLUMNS = 24, 8


def compare_reviews(reviews: Sequence[Review]) -> None:
    """Two reviews to choose, a way of each, and their pictures; `reviews` are two or more, newest first."""
    st.subheader(_("Compare two reviews"), anchor=False)
    left, right = st.columns(2)
    models = [review.plan.model for review in reviews]
    earlier = models.index(models[0], 1) if models[0] in models[1:] else 1  # the last one of the same model
    with left:
        before = side_of(reviews, earlier, "compared_before", _("Review before"))
    with right:
        after = side_of(reviews, 0, "compared_after", _("Review after"))
    wipe(before, [after], around="9rem")
    st.caption(_("The first pictures that people saw of each; drag the line."))


def side_of(reviews: Sequence[Review], place: int, key: str, label: str) -> Side:
    """A review and a way of it to choose; its pictures.

    Args:
        reviews: to choose from.
        place: of the one to begin with.
        key: of the control.
        label: of the control.
    """
    named = {review.number: review for review in reviews}
    number = st.selectbox(
        label, list(named), index=place, key=key, help=_("One of your reviews, newest first."),
        format_func=lambda each: f"{title_of(named[each])} · {' · '.join(facts(named[each])[:2])}",
    )  # fmt: skip
    review = named[number]
    ways = ways_by_name(review.plan)
    names = list(ways)
    way = st.selectbox(
        _("Way to sample"), names, index=names.index(usual_way(review)), key=f"{key} {number}",
        format_func=lambda name: way_words(ways[name]), help=_("One of those that this review compared."),
    )  # fmt: skip
    title = f"{review.created:%Y-%m-%d} · {way_words(ways[way])}"
    picture = contact_sheet_of(review_store().sheet(review, way), PICTURES, COLUMNS)
    return Side(title, title, png_bytes(picture))


def usual_way(review: Review) -> str:
    """The name of the way that was adopted, else of the last that samples."""
    sampled = [way for way in review.plan.ways if way.spec]
    rule = review.decision.rule if review.decision else None
    adopted = [way for way in sampled if rule and way.spec == ChainSpec(**rule["way"])]
    return (adopted or sampled)[-1].name
