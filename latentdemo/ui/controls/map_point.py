"""A point of the map of the latent space in the link, which the pages of the map and of chains share."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from latentdemo.ui.runs.map_point import AVERAGE, FARTHEST, MapPoint
from latentdemo.ui.state.link import NumberRange, put_in_link, take_from_link

KEYS = MapPoint._fields
USUAL = MapPoint()


def take_point(pictures: int) -> MapPoint:
    """The point that the link or the session says.

    Args:
        pictures: how many real ones are on the map.
    """
    along = NumberRange(-FARTHEST, FARTHEST)
    options: dict[str, Sequence[int] | NumberRange] = {"x": along, "y": along, "rest": [AVERAGE, *range(pictures)]}
    for key, usual in zip(KEYS, USUAL, strict=True):
        take_from_link(key, options[key], usual)
    return MapPoint(*(st.session_state[key] for key in KEYS))


def put_point() -> None:
    """Write the point into the address."""
    for key, usual in zip(KEYS, USUAL, strict=True):
        put_in_link(key, usual)
