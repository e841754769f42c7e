"""What stands on pages that are taken away, as HTML: text, pictures, figures, and what moves where scripts run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from PIL import Image

from latentdemo.export.story import Table
from latentdemo.imaging import data_uri, webp_bytes
from latentdemo.ui.components.player import Scene, View, player_data
from latentdemo.ui.components.wipe import Side, wipe_data
from latentdemo.ui.evaluation.cards import Card
from latentdemo.ui.i18n.words import _

MOST_BYTES = 3 * 2**20  # of the pictures of a page, for which they lose nothing
GOOD = 90  # the quality of pictures that would be more: no difference is seen
AROUND = "15rem"  # of the window's height is for what is around a picture


def files_of(pictures: Sequence[Image.Image]) -> list[bytes]:
    """Pictures as WebP files, without any loss unless they are large together."""
    files = [webp_bytes(picture) for picture in pictures]
    return files if sum(map(len, files)) <= MOST_BYTES else [webp_bytes(picture, GOOD) for picture in pictures]


def text(words: str, tag: str = "p", kind: str = "") -> str:
    """A paragraph or heading; what is bold in Markdown is bold."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(words))
    return f'<{tag} class="{kind}">{bold}</{tag}>' if kind else f"<{tag}>{bold}</{tag}>"


def grouped(kind: str, parts: Iterable[str]) -> str:
    """Parts in a group of a kind that `page.css` knows."""
    return f'<div class="{kind}">{"".join(parts)}</div>'


def picture(title: str, alt: str, file: bytes) -> str:
    """A picture under its title."""
    uri = data_uri(file)
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<img class="{name_of(uri).replace(":", "-")}" alt="{escape(alt)}" src="{uri}"></figure>'
    )


def name_of(uri: str) -> str:
    """What data calls a picture that stands on the page."""
    return f"picture:{hashlib.sha256(uri.encode()).hexdigest()[:16]}"


def live(component: str, data: Mapping[str, Any], still: str) -> str:
    """What moves where scripts run.

    Args:
        component: a key of `page.COMPONENTS`.
        data: what its script takes.
        still: what stands there otherwise, as HTML; the pictures of the data are among it.
    """
    written = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    named = re.sub(r"data:image/(?:webp|png);base64,[\w+/=]+", lambda found: name_of(found[0]), written)
    return (
        f'<div class="live" data-component="{component}"><script type="application/json">{named}</script>{still}</div>'
    )


def wiped(before: Side, afters: Sequence[Side], at: int, around: str = AROUND) -> str:
    """A line to drag between pictures; without script they stand side by side. Arguments as of `wipe`."""
    sides = grouped("columns", (picture(side.title, side.alt, side.file) for side in (before, *afters)))
    return live("wipe", wipe_data(before, afters, at, around), sides)


def played(scene: Scene, sheet: Image.Image) -> str:
    """The player of a scene, whose frames are on the sheet; without script, that sheet."""
    (file,) = files_of([sheet])
    title = _("A row is a chain, a column a step, from step 0 to step {steps}", steps=scene.steps)
    data = player_data(replace(scene, sheet=data_uri(file)), View())
    return live("player", data, picture(title, scene.title, file))


def figures(cards: Iterable[Card]) -> str:
    """Figures that stand by themselves."""
    return grouped("cards", map(card, cards))


def card(of: Card) -> str:
    """One of them."""
    label = f'<p class="small" title="{escape(of.meaning or "")}">{escape(of.label)}</p>'
    return grouped("card", [label, text(of.value, kind="value"), *(text(note, kind="small") for note in of.notes)])


def tabled(table: Table) -> str:
    """Ways to sample and their figures."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.header)
    rows = "".join(
        f"<tr{' class=advised' if index == table.advised else ''}>"
        + "".join(f"<td>{escape(each)}</td>" for each in row)
        + "</tr>"
        for index, row in enumerate(table.rows)
    )
    return f'<div class="scrolls small"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def link(words: str, address: str, kind: str = "") -> str:
    """A link; one whose kind is "address" is printed with where it leads."""
    return f'<a class="{kind}" href="{escape(address)}">{escape(words)}</a>'
