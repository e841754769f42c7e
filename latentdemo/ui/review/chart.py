"""The shares of answers that prefer each way, as bars with their intervals and a line where nobody prefers anything."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from latentdemo.reviews.review import Way
from latentdemo.reviews.statistics.shares import Share
from latentdemo.ui.components.charts import PRIOR, REAL, style_of
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.words import per_cent, way_words

ROW, BAR, AXIS = 54, 18, 44  # pixels of a row, of the bar in its lower part, and of the axis with what stands out
LABEL = 14  # pixels from the middle of a bar up to the words above it


def preference_chart(shares: Mapping[Way, Share]) -> alt.LayerChart | alt.FacetChart:
    """A bar a way, in the order in which they are given."""
    rows = pd.DataFrame([row_of(way, share) for way, share in shares.items()])
    way = alt.Y("way:N", sort=list(rows["way"]), axis=None)
    share = alt.Axis(grid=False, tickCount=5, title=None, labelExpr="datum.label + ' %'")
    base = alt.Chart(rows).encode(y=way, tooltip=[alt.Tooltip("way:N", title=" "), alt.Tooltip("note:N", title="  ")])
    scale = alt.Scale(domain=[0, 100])
    bars = base.mark_bar(height=BAR, cornerRadiusEnd=3).encode(
        x=alt.X("value:Q", axis=share, scale=scale), color=alt.Color("colour:N", scale=None)
    )
    whiskers = base.mark_rule(color=REAL, strokeWidth=2, opacity=0.8).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    names = base.mark_text(align="left", baseline="bottom", fontSize=13, dy=-LABEL, color=REAL).encode(
        x=alt.value(0), text=alt.Text("way:N")
    )
    even = alt.Chart(pd.DataFrame({"at": [50]})).mark_rule(color=REAL, strokeDash=[4, 4], opacity=0.6)
    height = len(rows) * ROW + AXIS
    return alt.layer(bars, even.encode(x=alt.X("at:Q", scale=scale)), whiskers, names).properties(height=height)


def row_of(way: Way, share: Share) -> dict[str, object]:
    """What is drawn of a way."""
    note = _("{share} % ({low} to {high} %); answers: {votes}, people: {people}", share=per_cent(share.estimate),
             low=per_cent(share.low), high=per_cent(share.high), votes=share.votes, people=share.persons)  # fmt: skip
    value, low, high = (100 * each for each in (share.estimate, share.low, share.high))
    return {"way": way_words(way), "colour": colour_of(way), "value": value, "low": low, "high": high, "note": note}


def colour_of(way: Way) -> str:
    """The colour of a way on all charts."""
    if way.spec is None:
        return REAL
    return PRIOR if way.is_prior else style_of(str(way.spec.kernel) if way.spec.steps else "").colour
