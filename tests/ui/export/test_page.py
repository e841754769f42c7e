"""The web page that is taken away: complete in itself."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from latentdemo.ui.export.page import page_bytes
from tests.export.runs import STORY

BEFORE, AFTER = (Image.new("RGBA", (60, 40), colour) for colour in ("red", "blue"))


@pytest.fixture
def page() -> str:
    return page_bytes(STORY, BEFORE, [("ステップ <1>", BEFORE), ("</script>", AFTER)], 1).decode()


def test_it_asks_nobody_for_anything(page: str) -> None:
    assert re.findall(r"(?:src|href)=\"(?!data:)", page) == []
    assert re.findall(r"https?://", page) == []
    assert "default-src 'none'" in page
    assert page.count("data:image/png;base64,") == 3


def test_it_says_what_the_story_says_in_its_language(page: str) -> None:
    assert '<html lang="ja">' in page
    for text in (STORY.title, STORY.verdict, STORY.before, "シード: 7", "適用前と適用後"):
        assert text in page


def test_captions_cannot_break_out_of_it(page: str) -> None:
    assert page.count("</script>") == 1
    assert "\\u003c/script>" in page
