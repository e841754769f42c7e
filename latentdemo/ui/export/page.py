"""Pages that are taken away: one file of HTML that shows everything without a server, and asks nobody for anything.

A page holds the same screens in one language or several. `page.js` leads through them; where no script runs, and on
paper, all of them follow each other. `main.html` is what there is once a language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from latentdemo.ui.components import player, wipe
from latentdemo.ui.components.inline import Parts
from latentdemo.ui.i18n.words import LANGUAGES, _, in_language

HERE = Path(__file__)
COMPONENTS: Mapping[str, Parts] = {"player": player.PARTS, "wipe": wipe.PARTS}
"""What can move on a page, by the name that `pieces.live` gives it."""
PRINTED = """<style>
slot { display: none; }
@media print { slot { display: contents; } slot ~ * { display: none !important; } }
</style>
<slot></slot>"""
"""On paper, what a component lies on."""
FITTED = ".player { --beside: 26rem; }"  # of the window's height is for what is around the player


class Screen(NamedTuple):
    """What is seen at a time: its name, and what stands on it as HTML."""

    name: str
    html: str


class Body(NamedTuple):
    """A page in one language.

    Attributes:
        title: of the page.
        about: what it is about, in a line.
        screens: one or several.
        foot: what stands under all of them, as HTML.
    """

    title: str
    about: str
    screens: Sequence[Screen]
    foot: str = ""


def page_bytes(bodies: Mapping[str, Body]) -> bytes:
    """The page as an HTML file.

    Args:
        bodies: code of a language -> the page in that language; the first is for readers of other ones.
    """
    mains = "\n".join(main(language, body, list(bodies)) for language, body in bodies.items())
    moving = [name for name in COMPONENTS if f'data-component="{name}"' in mains]
    language, first = next(iter(bodies.items()))
    return (
        beside("page.html")
        .format(
            language=language,
            title=escape(f"{first.title}: {first.about}"),
            css=beside("page.css"),
            mains=mains,
            templates="\n".join(template(name, COMPONENTS[name]) for name in moving),
            scripts="\n".join(script(name, COMPONENTS[name]) for name in moving),
            js=beside("page.js"),
        )
        .encode()
    )


def main(language: str, body: Body, languages: Sequence[str]) -> str:
    """The page in one of its languages."""
    several = len(body.screens) > 1
    with in_language(language):
        navigation = way_through([screen.name for screen in body.screens]) if several else ""
    return beside("main.html").format(
        language=language,
        title=escape(body.title),
        about=escape(body.about),
        languages=choice_of(languages) if len(languages) > 1 else "",
        navigation=navigation,
        screens="\n".join(
            [
                f'<div class="{"several" if several else "single"}">',
                *(section(number, screen) for number, screen in enumerate(body.screens, 1)),
                "</div>",
            ]
        ),
        foot=body.foot,
    )


def section(number: int, screen: Screen) -> str:
    """A screen; its name is seen where all follow each other."""
    name = f'<h2 class="name small">{number}  {escape(screen.name)}</h2>\n' if screen.name else ""
    return f'<section class="screen">\n{name}{screen.html}\n</section>'


def choice_of(languages: Sequence[str]) -> str:
    """A button for each language."""
    buttons = (
        f'<button type="button" lang="{each}" data-language="{each}">{LANGUAGES[each]}</button>' for each in languages
    )
    return f'<div class="languages">{"".join(buttons)}</div>'


def way_through(names: Sequence[str]) -> str:
    """Buttons that lead from screen to screen."""
    screens = "".join(
        f'<button type="button" data-screen="{index}">{index + 1}&ensp;{escape(name)}</button>'
        for index, name in enumerate(names)
    )
    on, back, full, keys = _("Next"), _("Back"), _("Full screen"), _("Full screen (F); arrow keys lead on")
    moves = (
        f'<button type="button" data-move="-1">{escape(back)}</button>'
        f'<button type="button" data-move="1">{escape(on)}</button>'
        f'<button type="button" data-full="f" title="{escape(keys)}">{escape(full)}</button>'
    )
    return f'<nav><div class="row">{screens}</div><div class="row">{moves}</div></nav>'


def template(name: str, parts: Parts) -> str:
    """What a component is drawn from, wherever it stands."""
    return f'<template id="{name}">{PRINTED}<style>{parts.css}\n{FITTED}</style>{parts.html}</template>'


def script(name: str, parts: Parts) -> str:
    """The script of a component; what it exports is found by its name."""
    code, exports = re.subn(r"^export default ", f"globalThis.components.{name} = ", parts.js, flags=re.MULTILINE)
    assert exports == 1, name
    return f'<script type="module">\n{code}\n</script>'


def beside(name: str) -> str:
    """A file that lies beside this module."""
    return HERE.with_name(name).read_text(encoding="utf-8")
