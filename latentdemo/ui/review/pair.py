"""A pair of pictures that a reviewer chooses from.

`pair.html`, `pair.css` and `pair.js` are its parts in the browser, an inline component of Streamlit. Both pictures are
parts of one, and nothing else goes to the browser that differs from pair to pair.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from latentdemo.imaging import data_uri
from latentdemo.reviews.pairs import Answer
from latentdemo.ui.components.inline import inline_component
from latentdemo.ui.i18n.words import _

KEY = "pair"
ANSWERS: tuple[Answer, ...] = ("left", "right", "same")

component = inline_component(__file__)


def pair_to_answer(
    png: bytes, question: str, number: int, total: int, ties: bool, answered: Callable[[int, Answer], None]
) -> None:
    """Draw a pair.

    Args:
        png: both pictures beside each other.
        question: that is asked.
        number: of the pair, from 0.
        total: how many there are.
        ties: whether "no difference" may be answered.
        answered: told of the number of a pair and the answer, perhaps several times, before the page is run again.
    """

    def tell() -> None:
        told = getattr(st.session_state.get(KEY), "answer", None)  # a session that came back may have none
        if isinstance(told, dict) and told.get("answer") in ANSWERS and isinstance(told.get("number"), int):
            answered(told["number"], told["answer"])

    words = {
        "question": question,
        "progress": _("{number} of {total}", number=number + 1, total=total),
        "buttons": [_("First picture"), _("Second picture"), _("No difference")],
    }
    data = {"source": data_uri(png), "number": number, "total": total, "ties": ties, "words": words}
    component(key=KEY, data=data, on_answer_change=tell)
