"""The words on screen, in English and Japanese.

English stands in the pages, marked with `_`; the other languages in gettext catalogues, `locale/<language>.po`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import streamlit as st
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "ja": "日本語"}
CATALOGUES = Path(__file__).parent / "locale"
SPOKEN: ContextVar[str] = ContextVar("language")


@cache
def catalogue(language: str) -> dict[str, str]:
    """English text -> text in a language; empty for English."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def browser_language() -> str:
    """The browser's language where it is one of ours, else English."""
    preferred = (st.context.locale or "en").split("-")[0]
    return preferred if preferred in LANGUAGES else "en"


def chosen_language() -> str:
    """The language of this session: chosen on the page, else in the link, else the browser's."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return chosen if chosen in LANGUAGES else browser_language()


def speak(language: str) -> None:
    """Settle the language of this thread, as each run of a page does once: a page has hundreds of texts."""
    SPOKEN.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """For what is said by a thread that knows no session."""
    before = SPOKEN.set(language)
    try:
        yield
    finally:
        SPOKEN.reset(before)


def language() -> str:
    """The language that this thread speaks; that of its session where nobody settled it."""
    return SPOKEN.get("") or chosen_language()


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


SHOWN_BY_NAME = (N_("Cartoon faces"),)  # titles of data sets; those that are proper names stay as they are


def _(text: str, **values: object) -> str:
    """A text in the session's language, with `{name}` filled from `values`."""
    translated = catalogue(language()).get(text, text)
    return translated.format(**values) if values else translated
