"""Lines of text of a known width, in the shipped typeface: where Japanese and Latin text may break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from PIL import ImageFont

from latentdemo.fonts import FONT
from latentdemo.typography import unparted

MEASURED_AT = 100  # In points: widths of other sizes are in proportion.
JAPANESE = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"
NOT_FIRST = re.escape("、。，．」』）］｝〉》】〕！？：；・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々％…,.;:!?)%]}")
NOT_LAST = re.escape("「『（［｛〈《【〔([{")
UNIT = re.compile(rf"[{NOT_LAST}]*(?:[{JAPANESE}]|[^ {JAPANESE}]+)?[{NOT_FIRST}]* *")
"""What must stay on one line: a word, or a Japanese character, with the marks that may not be parted from it."""


def wrap(text: str, width: float, size: float) -> list[str]:
    """The lines of a text.

    Args:
        text: may hold line breaks of its own.
        width: in points; a single word that is wider sticks out.
        size: of the type, in points.
    """
    lines = []
    for paragraph in unparted(text).split("\n"):
        line, used = "", 0.0
        for unit in UNIT.findall(paragraph):
            if line and used + text_width(unit.rstrip(" "), size) > width:
                lines.append(line.rstrip(" "))
                line, used = "", 0.0
            line, used = line + unit, used + text_width(unit, size)
        lines.append(line.rstrip(" "))
    return lines


def text_width(text: str, size: float) -> float:
    """How wide a text is on one line, in points; the typeface has no kerning, so that widths add up."""
    return measured(text) * size / MEASURED_AT


@lru_cache(maxsize=4096)
def measured(text: str) -> float:
    """Width of a text at the size of `MEASURED_AT`."""
    return typeface().getlength(text)


@cache
def typeface() -> ImageFont.FreeTypeFont:
    """The shipped typeface, to measure with."""
    return ImageFont.truetype(FONT, MEASURED_AT)


def fitting_size(paragraphs: Sequence[str], width: float, height: float, largest: float, spacing: float) -> float:
    """The largest size of type, in half points, at which paragraphs fill no more than a box.

    Args:
        paragraphs: each begins on a line of its own.
        width, height: of the box, in points.
        largest: size that is tried first.
        spacing: height of a line, in sizes.
    """
    size = largest
    while size > 1 and sum(len(wrap(each, width, size)) for each in paragraphs) * size * spacing > height:
        size -= 0.5
    return size
