"""The words on screen, in English and Japanese.

English stands in the pages, marked with `_`; the other languages in gettext catalogues, `locale/<language>.po`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from latentdemo.typography import unparted

LANGUAGES = {"en": "English", "ja": "日本語"}
CATALOGUES = Path(__file__).parent / "locale"
CURRENT: ContextVar[str] = ContextVar("language")


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts in a language, compiled from its catalogue; English ones stay as they are."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)


def browser_language() -> str:
    """The browser's language where it is one of ours, else English."""
    preferred = (st.context.locale or "en").split("-")[0]
    return preferred if preferred in LANGUAGES else "en"


def chosen_language() -> str:
    """The language of this session: chosen on the page, else in the link, else the browser's."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return chosen if chosen in LANGUAGES else browser_language()


def set_language(language: str) -> None:
    """Settle the language of this thread, as each run of a page does once: a page has hundreds of texts."""
    CURRENT.set(language)


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Settle the language for a while, on a thread that knows no session."""
    before = CURRENT.set(language)
    try:
        yield
    finally:
        CURRENT.reset(before)


def language() -> str:
    """The language of this thread; that of its session where nobody settled it."""
    return CURRENT.get("") or chosen_language()


def N_(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


SHOWN_BY_NAME = (N_("Cartoon faces"), N_("Denoising VAE"), N_("Denoising AAE"), N_("Flow-prior VAE"), N_("Apple GPU"))
"""Titles of data sets, model families and devices; those that are proper names or abbreviations stay as they are."""


def _(text: str, **values: object) -> str:
    """A text in the session's language, with `{name}` filled from `values`; no figure is parted from its unit."""
    translated = on_screen(text, language())
    return translated.format(**values) if values else translated


@cache
def on_screen(text: str, language: str) -> str:
    """A text in a language as it stands on screen."""
    return unparted(catalogue(language).gettext(text))
