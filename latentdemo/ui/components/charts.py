"""The visual language of all charts.

The prior is always one grey, real data always as dark as the text, each kernel always of its own colour and with its
own mark; a variant of a kernel keeps both and has a dashed line. `legend` says in a row of its own what is what.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

from latentdemo.sampling import KERNELS
from latentdemo.sampling.kernels import Style

PRIOR = "#8a929c"
REAL = "currentColor"  # the colour of the text: dark on light, light on dark


DIRECT = Style("#56b4e9", "cross")  # of a draw that no chain follows
OTHER = Style("#a6a15e", "triangle-right")  # of a kernel that is not registered; colours: Okabe & Ito
DASHES: dict[str, list[int]] = {
    "plain": [],
    "start": [9, 3],
    "options": [2, 3],
    "adaptive": [7, 3, 2, 3],
}
"""Of each variant of a kernel: as it is, from another start, with options of its own, stopping by itself."""
MARKS = {
    "circle": '<circle cx="14" cy="7" r="4.5"/>',
    "square": '<rect x="10" y="3" width="8" height="8"/>',
    "triangle-up": '<path d="M14 2 19 11H9z"/>',
    "triangle-down": '<path d="M14 12 19 3H9z"/>',
    "triangle-right": '<path d="M19 7 10 12V2z"/>',
    "diamond": '<path d="M14 1 19 7 14 13 9 7z"/>',
    "cross": '<path d="M12.2 2h3.6v3.2H19v3.6h-3.2V12h-3.6V8.8H9V5.2h3.2z"/>',
}


def style_of(kernel: str) -> Style:
    """Colour and mark of a kernel; "" is a draw that no chain follows."""
    return KERNELS[kernel].style if kernel in KERNELS else OTHER if kernel else DIRECT


@dataclass(frozen=True)
class Look:
    """A line without marks, in one look on charts and beside pictures.

    Attributes:
        colour: the prior's grey, or that of the kernel.
        dash: lengths in pixels.
        thick: width in pixels.
    """

    colour: str
    dash: Sequence[int]
    thick: float = 2.5


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Marks with their meaning side by side, as HTML for `st.html`.

    Args:
        entries: a mark as HTML, from `swatch_image` or `dot`, and what it stands for.
    """
    spans = (
        f'<span style="display:inline-flex;align-items:center;gap:0.4rem">{mark}{html.escape(meaning)}</span>'
        for mark, meaning in entries
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:0.25rem 1.2rem;font-size:0.875rem;line-height:1.5">'
        + "".join(spans)
        + "</div>"
    )


def swatch_image(swatch: str) -> str:
    """A swatch as HTML."""
    return f'<img alt="" width="28" height="14" src="{swatch}">'


def dot(colour: str) -> str:
    """A round mark as HTML; other than a picture it can have the text's own colour."""
    return f'<span style="width:0.6rem;height:0.6rem;border-radius:50%;background:{colour}"></span>'


def line_swatch(look: Look, shape: str = "") -> str:
    """Address of a picture of a line, 28 by 14 pixels, with a mark of a shape of `MARKS` on it."""
    dash = " ".join(map(str, look.dash))
    line = (
        f'<path d="M0 7H28" fill="none" stroke-width="{look.thick}" stroke="{look.colour}" stroke-dasharray="{dash}"/>'
    )
    return swatch(look.colour, line + MARKS.get(shape, ""))


def mark_swatch(style: Style) -> str:
    """Address of a picture of a kernel's mark, as large."""
    return swatch(style.colour, MARKS[style.shape])


def swatch(colour: str, shapes: str) -> str:
    """Address of a picture of shapes, SVG elements that are filled with a colour."""
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="28" height="14" fill="{colour}">{shapes}</svg>'
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
