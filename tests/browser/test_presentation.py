"""Presentation mode on the pages that are played: large, without chrome, led by keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.gestures import press

pytestmark = pytest.mark.slow

PROJECTOR = {"width": 1920, "height": 1080}
CLOTHES = "data=fashion-mnist&model=vae&present=on&lang=ja"


def begin(open_page: Open, path: str, shown: str) -> Page:
    """A page on a projector, with neither menus nor settings on it."""
    page = open_page(f"{path}&{CLOTHES}", viewport=PROJECTOR)
    page.locator(shown).first.wait_for()
    for chrome in ("stSidebar", "stHeader"):
        expect(page.get_by_test_id(chrome)).to_be_hidden()
    main = page.get_by_test_id("stMain")
    expect(main.get_by_test_id("stButtonGroup")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    return page


@pytest.mark.parametrize(
    ("path", "said", "asked"),
    [
        ("/chain?steps=5", "ステップ {}／5", "at"),
        ("/interpolation?frames=3&rows=plain&rows=5", "フレーム {} / 3", "frame"),
    ],
    ids=["chain", "interpolation"],
)
def test_keys_lead_through_what_is_played(open_page: Open, path: str, said: str, asked: str) -> None:
    page = begin(open_page, path, ".now")
    first = int(asked == "frame")  # frames are counted from 1
    now = page.locator(".now")
    expect(now).to_have_text(said.format(first))
    for key, place in (("PageDown", 1), ("ArrowRight", 2), ("PageUp", 1)):
        page.keyboard.press(key)
        expect(now).to_have_text(said.format(first + place))
    page.wait_for_url(f"**{asked}={first + 1}*")
    part = page.locator(".player .layout, .strips .stage").first
    box = part.bounding_box()
    assert box
    assert box["width"] > 0.4 * PROJECTOR["width"]
    press(page, "Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(now).to_have_text(said.format(first + 1))


def test_samples_are_large(open_page: Open) -> None:
    page = begin(open_page, "/sampling?count=16&steps=0&steps=5", ".sheet")
    sheets = page.locator(".sheet img")
    expect(sheets).to_have_count(2)
    for sheet in sheets.all():
        box = sheet.bounding_box()
        assert box
        assert box["height"] > 0.4 * PROJECTOR["height"]
        assert box["y"] + box["height"] <= PROJECTOR["height"]
    press(page, "Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
