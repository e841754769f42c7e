"""The shipped typeface has every character that it will be asked for."""

from __future__ import annotations

import pytest
from fontTools.ttLib import TTFont

from latentdemo.fonts import FONT
from latentdemo.fonts.subset import jis_character
from latentdemo.ui.i18n.words import LANGUAGES
from tests.catalogues import messages


@pytest.fixture(scope="module")
def glyphs() -> set[str]:
    return {chr(code) for code in TTFont(FONT).getBestCmap()}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_character_of_a_catalogue_is_in_it(glyphs, language: str) -> None:
    needed = {character for pair in messages(language).items() for text in pair for character in text} - {"\n"}
    assert needed - glyphs == set(), "cut it again: python -m latentdemo.fonts.subset NotoSansCJK-Regular.ttc"


def test_names_of_models_can_be_written(glyphs) -> None:
    level_1 = {jis_character(row, cell) for row in range(16, 48) for cell in range(1, 95)} - {""}
    assert len(level_1) == 2965
    assert level_1 <= glyphs
    assert set("éü×±–") <= glyphs


def test_it_is_light_and_bears_its_licence() -> None:
    assert FONT.stat().st_size < 1.2e6
    assert "glyf" in TTFont(FONT)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONT.parent / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in TTFont(FONT)["name"].getDebugName(13)
