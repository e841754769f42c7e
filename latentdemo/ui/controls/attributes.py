"""Moving a starting point along the direction of an attribute, as a control: which attribute, towards what, how far."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.sampling.attributes import Move, attributes_of
from latentdemo.sampling.densities.resolve import map_name
from latentdemo.ui.i18n.class_words import attribute_word, class_word
from latentdemo.ui.i18n.figure_words import number_text
from latentdemo.ui.i18n.kernel_words import capital
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.link import NumberRange, put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

ATTRIBUTE, TOWARDS, BY = "attribute", "towards", "by"  # keys of the controls, and names in the link
MOST, STEP = 3.0, 0.25  # standard deviations of real data: beyond, there is next to none
WIDTH = 380  # pixels


def attribute_control(chosen: Selection) -> Move | None:
    """Draw the control; None where nothing is moved, or nothing can be, for want of labels or of a map."""
    known = attributes_of(model_folder(chosen.model).parent) if map_name(chosen.density_names) else {}
    if not known:
        leave_out_of_link()
        return None
    attribute = taken(ATTRIBUTE, list(known))
    value = taken(TOWARDS, known[attribute])
    take_from_link(BY, NumberRange(-MOST, MOST), 0.0)
    amount = st.session_state[BY]
    label = move_words(Move(attribute, value, amount)) if amount else _("Attributes")
    with st.popover(label, icon=":material/face_retouching_natural:", key="attributes"), st.container(width=WIDTH):
        controls(known[attribute], list(known))
    move = Move(st.session_state[ATTRIBUTE], st.session_state[TOWARDS], st.session_state[BY])
    if not move.amount:
        leave_out_of_link()
        return None
    put_in_link(ATTRIBUTE, next(iter(known)))
    put_in_link(TOWARDS, known[attribute][0])
    put_in_link(BY, 0.0)
    return move


def taken(key: str, options: Sequence[str]) -> str:
    """What is chosen, or what the link says; a choice that another attribute or model had is forgotten."""
    if st.session_state.get(key, options[0]) not in options:
        st.session_state[key] = options[0]
    take_from_link(key, options, options[0])
    return st.session_state[key]


def controls(values: Sequence[str], attributes: Sequence[str]) -> None:
    """What is in the popover."""
    st.caption(_("Moves the starting point before the first step, towards real pictures that show something or away "
                 "from them. Some attributes follow well, others hardly."))  # fmt: skip
    with st.container(horizontal=True):
        st.selectbox(_("Attribute"), attributes, key=ATTRIBUTE, width=WIDTH // 2 - 10, persist_state="session",
                     format_func=lambda name: capital(attribute_word(name)),
                     help=_("What is to change in the pictures."))  # fmt: skip
        st.selectbox(_("Towards"), values, key=TOWARDS, width=WIDTH // 2 - 10, persist_state="session",
                     format_func=class_word, help=_("What the pictures are to show."))  # fmt: skip
    st.slider(
        _("How far"), -MOST, MOST, step=STEP, key=BY, persist_state="session",
        help=_("In standard deviations of real data along the direction; 0 leaves the starting point as it is. The "
               "direction leads from held-out pictures that do not show it to those that do, in the base space of the "
               "fitted map, so that the way back leads to where real data lie."),
    )  # fmt: skip


def move_words(move: Move) -> str:
    """A move in a few words."""
    sign = "+" if move.amount > 0 else "−"
    amount = f"{sign}{number_text(abs(move.amount), 2).rstrip('0').rstrip('.')}"
    return _("{attribute}: {value} {amount}", attribute=capital(attribute_word(move.attribute)),
             value=class_word(move.value), amount=amount)  # fmt: skip


def leave_out_of_link() -> None:
    """Take the settings out of the address, where they change nothing."""
    for key in (ATTRIBUTE, TOWARDS, BY):
        if key in st.query_params:
            del st.query_params[key]
