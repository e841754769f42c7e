"""A picture before over a picture after, with a line between them that is dragged to and fro.

`wipe.html`, `wipe.css` and `wipe.js` are its parts in the browser: an inline component of Streamlit, and what a page
that is taken away is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from latentdemo.imaging import data_uri, size_of
from latentdemo.ui.components.inline import inline_component, parts_of
from latentdemo.ui.i18n.words import _

PARTS = parts_of(__file__)
component = inline_component(__file__)


@dataclass(frozen=True)
class Side:
    """One of the pictures.

    Attributes:
        title: what it is, on its side of the line.
        alt: what it shows, for those who do not see it.
        file: the picture as PNG or WebP; all are of one size.
    """

    title: str
    alt: str
    file: bytes

    def as_data(self) -> dict[str, str]:
        """What the browser needs of it."""
        return {"title": self.title, "alt": self.alt, "source": data_uri(self.file)}


def wipe(before: Side, afters: Sequence[Side], at: int = 0, around: str = "20rem") -> None:
    """Draw the pictures, that before on one that comes after, up to the line.

    Args:
        before: the picture that lies on the other.
        afters: those that can lie below, one at a time; several are chosen from with a slider of their own.
        at: the one of these to begin with.
        around: how much of the window's height is left to what is around, as CSS has lengths.
    """
    component(key="wipe", data=wipe_data(before, afters, at, around))


def wipe_data(before: Side, afters: Sequence[Side], at: int, around: str) -> dict[str, Any]:
    """What `wipe.js` takes; it fills in what is in braces."""
    width, height = size_of(before.file)
    return {
        "before": before.as_data(),
        "afters": [after.as_data() for after in afters],
        "at": at,
        "shape": width / height,
        "around": around,
        "words": {
            "wipe": _("Before and after"),
            "line": _("Line between before and after; drag it, or move it with the arrow keys"),
            "share": _("{share} % {before}, {rest} % {after}"),
            "step": _("Which picture lies below"),
        },
    }
