"""Rows of frames under each other, and all rows in step as an animation.

`strips.html`, `strips.css` and `strips.js` are their parts in the browser, an inline component of Streamlit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from latentdemo.export.picture import GAP
from latentdemo.imaging import data_uri, size_of
from latentdemo.ui.components.charts import Look, line_swatch
from latentdemo.ui.components.inline import inline_component
from latentdemo.ui.i18n.words import _

component = inline_component(__file__)


@dataclass(frozen=True)
class Strip:
    """A row.

    Attributes:
        label: what it is.
        note: its figures in a line.
        alt: what the picture shows, for those who do not see it.
        png: its frames side by side.
        look: of its line.
    """

    label: str
    note: str
    alt: str
    png: bytes
    look: Look

    def as_data(self) -> dict[str, Any]:
        """What the browser needs of it."""
        width, height = size_of(self.png)
        source = data_uri(self.png)
        texts = {"label": self.label, "note": self.note, "alt": self.alt}
        return texts | {"source": source, "width": width, "height": height, "swatch": line_swatch(self.look)}


def strips(rows: Sequence[Strip], frames: int, widest: int, at: int, remote: bool = False) -> int:
    """Draw the rows, and above them the frame that is on; gives the one at which it has come to rest, from 0.

    Args:
        rows: from top to bottom.
        frames: of a row.
        widest: pixels that a row is at most wide.
        at: the frame to begin with; with as many frames as before, the one that is on stays.
        remote: whether the keys of a presenter's remote control lead from frame to frame.
    """
    sizes = {"frames": frames, "gap": GAP, "widest": widest, "at": at}
    data = {"rows": [row.as_data() for row in rows], "words": words(), "remote": remote} | sizes
    view: dict[str, int] = component(key="strips", data=data, on_view_change=lambda: None).view or {}
    return view["at"] if view.get("frames") == frames else at


def words() -> dict[str, str]:
    """The component's own words; the browser fills in what is in braces."""
    return {
        "strips": _("Frames of the paths, row under row"),
        "frame": _("Frame that is shown large and framed in every row"),
        "now": _("Frame {frame} of {frames}"),
        "play": _("Play there and back"),
        "pause": _("Pause"),
    }
