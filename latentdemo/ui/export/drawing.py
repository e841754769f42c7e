"""Charts as drawings that need no script: SVG, as Vega draws it on screen.

Vega in a page would be 0.8 MB of script that must evaluate code; a drawing is 20 kB, prints as it is seen, and takes
its colours from the page. What a tooltip would say of a mark is the title of the mark, which browsers show and read.
"""

from __future__ import annotations

import altair as alt
import vl_convert
from lxml import etree

from latentdemo.ui.components.plot import PLOT_WIDTH

INK, RULES = "currentColor", "#8884"  # on light and on dark
CONFIG = {
    "background": "transparent",
    "font": "sans-serif",
    "padding": {"left": 5, "top": 5, "right": 20, "bottom": 5},
    "view": {"stroke": None},
    "axis": {"labelColor": INK, "titleColor": INK, "gridColor": RULES, "domainColor": RULES, "tickColor": RULES,
             "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
}  # fmt: skip


def drawing(chart: alt.LayerChart | alt.FacetChart, words: str) -> str:
    """A chart as an SVG element.

    Args:
        chart: what to draw.
        words: what it shows, for those who do not see it.
    """
    sized = chart if isinstance(chart, alt.FacetChart) else chart.properties(width=PLOT_WIDTH)
    svg = etree.fromstring(vl_convert.vegalite_to_svg(sized.to_dict(), config=CONFIG))
    for size in ("width", "height"):
        del svg.attrib[size]  # it is as wide as its place
    svg.set("role", "img")
    svg.set("aria-label", words)
    for mark in svg.iter("{*}path"):
        said = mark.get("aria-label")
        if said and mark.get("aria-roledescription") == "point":
            etree.SubElement(mark, f"{{{svg.nsmap[None]}}}title").text = said
    return f'<div class="chart">{etree.tostring(svg, encoding="unicode")}</div>'
