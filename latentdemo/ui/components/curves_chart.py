"""Figures against steps or time: a line and a band a way to sample, rules for what they are compared with.

Intervals are bands. Lines are labelled at their ends where there is room.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from latentdemo.ui.components.charts import DASHES, REAL
from latentdemo.ui.components.curves import LEVEL_DASHES, Axis, Curve, Level, Point
from latentdemo.ui.components.plot import LINE, PLOT_HEIGHT, Box, Frame, Spot, label_expression, names_at_the_edge

HEIGHT = 360  # pixels of a chart, its axes included
LABELLED_FROM = 340  # lines are labelled at their ends where the plot has so many pixels


def curves_chart(
    curves: Sequence[Curve],
    levels: Sequence[Level],
    axis: Axis,
    y_title: str,
    marked: Point | None = None,
    marked_label: str = "",
    reach: float = 0.0,
) -> alt.LayerChart:
    """Figures against steps or time: a line and a band a way to sample, rules for what they are compared with.

    Args:
        curves: ways to sample.
        levels: what they are compared with.
        axis: of steps or time.
        y_title: the figure, in words, in a line or several.
        marked: a point to mark with a ring.
        marked_label: what stands beside it.
        reach: where the horizontal axis ends at the earliest.
    """
    points = [point for curve in curves for point in curve.points]
    places = [point.x for point in points] + ([reach] if reach else [])
    x_ends = widened([axis.place(place) for place in places] or [0.0, 1.0], 0.03)
    values = [end for point in points for end in (point.low, point.high)] + [level.value for level in levels]
    y_ends = widened(values or [0.0, 1.0], 0.06)
    frame = Frame(axis, x_ends, y_ends)
    layers: list[Any] = [
        *edge_layers(levels, frame, y_title),
        *level_layers(levels, frame),
        *curve_layers(curves, frame),
    ]
    boxes = [Box(*frame.pixel(point.x, point.y), 8.0, 8.0) for point in points]
    boxes += [frame.across(level) for level in levels]
    lines = [piece for curve in curves for piece in frame.pieces(curve)]
    labels: list[tuple[str, Point, bool]] = [(marked_label, marked, True)] if marked else []
    labels += [
        (curve.label, curve.points[-1], False)
        for curve in sorted(curves, key=lambda curve: len(curve.points), reverse=True)
        if curve.points
    ]
    if marked:
        layers.append(ring(marked, frame))
    for text, point, strong in labels:
        spot = frame.free_spot(text, point, boxes, lines)
        if spot:
            boxes.append(spot.box)
            layers.append(label_layer(text, point, spot, frame, strong, f"width >= {LABELLED_FROM}"))
    return alt.layer(*layers).properties(height=HEIGHT).resolve_axis(y="independent")


def curve_layers(curves: Sequence[Curve], frame: Frame) -> list[alt.Chart]:
    """Bands below, then lines, then marks with tooltips."""
    bands, lines, marks = [], [], []
    for curve in curves:
        rows = pd.DataFrame(
            [
                {
                    "x": point.x,
                    "y": point.y,
                    "low": point.low,
                    "high": point.high,
                    "note": point.note,
                    "said": f"{curve.label}: {point.note}",
                }
                for point in curve.points
            ]
        )
        colour, base = curve.style.colour, alt.Chart(rows)
        interval = {"x": frame.x(), "y": frame.y("low"), "y2": "high:Q"}
        if len(curve.points) > 1:
            bands.append(base.mark_area(color=colour, opacity=0.16, tooltip=None).encode(**interval))
            lines.append(
                base.mark_line(
                    color=colour, strokeWidth=2.5, strokeDash=DASHES[curve.variant] or [1, 0], tooltip=None
                ).encode(x=frame.x(), y=frame.y("y"))
            )
        else:
            bands.append(base.mark_rule(color=colour, strokeWidth=2, tooltip=None).encode(**interval))
        marks.append(
            base.mark_point(shape=curve.style.shape, color=colour, filled=True, size=60, opacity=1.0).encode(
                x=frame.x(),
                y=frame.y("y"),
                tooltip=[alt.Tooltip("note:N", title=curve.label)],
                description="said:N",
            )
        )
    return [*bands, *lines, *marks]


def level_layers(levels: Sequence[Level], frame: Frame) -> list[alt.Chart]:
    """A rule a level, named at the right edge."""
    layers = []
    for level in levels:
        rows = pd.DataFrame([{"y": level.value}])
        layers.append(
            alt.Chart(rows)
            .mark_rule(
                color=level.colour,
                strokeWidth=2,
                opacity=0.7 if level.kind == "ceiling" else 1.0,
                strokeDash=LEVEL_DASHES[level.kind] or [1, 0],
                tooltip=None,
            )
            .encode(y=frame.y("y"))
        )
    return layers


def edge_layers(levels: Sequence[Level], frame: Frame, title: str) -> list[alt.Chart]:
    """The vertical axis at the left, the names of the levels at the right; other layers have no vertical axis."""
    lines = title.split("\n")
    left = alt.Axis(
        title=lines, tickCount=5, titleAnchor="end", titleAngle=0, titleAlign="left", titleX=0,
        titleY=-LINE * len(lines), grid=True,
    )  # fmt: skip
    gap = (frame.y_ends[1] - frame.y_ends[0]) * LINE / PLOT_HEIGHT
    names = names_at_the_edge(levels, gap)
    places = [place for place, _name in names]
    right = alt.Axis(
        orient="right", values=places, labelExpr=label_expression(names, gap / 100), labelOverlap=False, labelLimit=190,
        labelPadding=6, grid=False, ticks=False, domain=False, title=None,
    )  # fmt: skip
    nothing = alt.Chart(pd.DataFrame([{"y": frame.y_ends[0]}])).mark_point(opacity=0, size=0, tooltip=None, aria=False)
    return [nothing.encode(y=frame.y("y").axis(edge)) for edge in ([left, right] if names else [left])]


def ring(point: Point, frame: Frame) -> alt.Chart:
    """A ring around a point."""
    return (
        alt.Chart(pd.DataFrame([{"x": point.x, "y": point.y}]))
        .mark_point(
            shape="circle", size=330, filled=False, color=REAL, strokeWidth=2.2, opacity=1.0, tooltip=None, aria=False
        )
        .encode(x=frame.x(), y=frame.y("y"))
    )


def label_layer(text: str, point: Point, spot: Spot, frame: Frame, strong: bool, shown: str) -> alt.Chart:
    """A label beside its point, where a Vega expression of the chart's width says so; one that is only hidden would
    take room still."""
    return (
        alt.Chart(pd.DataFrame([{"x": point.x, "y": point.y}]))
        .mark_text(
            text=alt.expr(f"{shown} ? {json.dumps(text)} : ''"),
            align=spot.align,  # type: ignore[arg-type]
            baseline="middle",
            dx=spot.dx,
            dy=spot.dy,
            color=REAL,
            fontSize=12,
            fontWeight="bold" if strong else "normal",
            tooltip=None,
        )
        .encode(x=frame.x(), y=frame.y("y"))
    )


def widened(values: Sequence[float], share: float) -> tuple[float, float]:
    """The ends of values with some room at both."""
    low, high = min(values), max(values)
    room = share * (high - low) or abs(high) * share or 1.0
    return low - room, high + room
