"""What slides look like before anything stands on them: 16:9, fonts and colours of the screens, and places."""

from __future__ import annotations

from typing import Any, NamedTuple

from lxml import etree
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches

from latentdemo.export.story import INK, PAPER, TEAL, WHITE

WIDTH, HEIGHT = 13.333, 7.5  # In inches.
MARGIN = 0.6
TEMPLATE_WIDTH = 10.0  # The width of python-pptx's own template, which is 4:3.
LATIN_FONT, JAPANESE_FONT = "Calibri", "Yu Gothic"  # Both come with PowerPoint.


class Box(NamedTuple):
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[int, int, int, int]:
        """As python-pptx takes it."""
        return tuple(Inches(each) for each in self)  # type: ignore[return-value]


def above(box: Box, height: float) -> tuple[Box, Box]:
    """An upper part of some height, and the rest."""
    rest = box.height - height - 0.2
    return box._replace(height=height), box._replace(top=box.top + height + 0.2, height=rest)


def beside(box: Box, width: float) -> tuple[Box, Box]:
    """A left part of some width, and the rest."""
    rest = box.width - width - 0.4
    return box._replace(width=width), box._replace(left=box.left + width + 0.4, width=rest)


def widen(presentation: Any) -> None:
    """Make the template 16:9, and its placeholders with it."""
    stretch = WIDTH / TEMPLATE_WIDTH
    presentation.slide_width, presentation.slide_height = Inches(WIDTH), Inches(HEIGHT)
    master = presentation.slide_master
    for holder in (master, *master.slide_layouts):
        for place in holder.element.iter(qn("a:off")):
            place.set("x", str(round(stretch * int(place.get("x")))))
        for extent in holder.element.iter(qn("a:ext")):
            if extent.get("cx"):
                extent.set("cx", str(round(stretch * int(extent.get("cx")))))


def dress(presentation: Any) -> None:
    """Give the template the fonts and colours of the screens, so that what is added later looks alike."""
    part = presentation.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme = etree.fromstring(part.blob)
    for fonts in (theme.find(f".//{qn('a:majorFont')}"), theme.find(f".//{qn('a:minorFont')}")):
        fonts.find(qn("a:latin")).set("typeface", LATIN_FONT)
        fonts.find(qn("a:ea")).set("typeface", JAPANESE_FONT)
    for name, colour in (("dk1", INK), ("lt1", WHITE), ("dk2", INK), ("lt2", PAPER), ("accent1", TEAL)):
        entry = theme.find(f".//{qn(f'a:{name}')}")
        entry[:] = [parse_xml(f'<a:srgbClr {nsdecls("a")} val="{colour}"/>')]
    part.blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)
