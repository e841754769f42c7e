"""Every text of the pages is in every catalogue, and nothing else is."""

import string
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from latentdemo.ui.words import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
SCRIPTS = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "latentdemo/ui").glob("*.py")]
MARKED = {message for script in SCRIPTS for _line, message, *_rest in extract_from_file("python", script)}
OTHERS = [language for language in LANGUAGES if language != "en"]


def fields(text: str) -> set[str]:
    return {name for _literal, name, *_rest in string.Formatter().parse(text) if name}


def test_the_pages_have_texts() -> None:
    assert {"Compare", "Overview", "Cartoon faces"} <= MARKED


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing_and_nothing_unused(language: str) -> None:
    assert set(catalogue(language)) == MARKED


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_are_the_same(language: str) -> None:
    for english, translated in catalogue(language).items():
        assert fields(translated) == fields(english), english
