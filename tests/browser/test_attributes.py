"""Moving a starting point along an attribute in a real browser: the control stays open, and the pictures follow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Say
from tests.browser.gestures import DRAWN
from tests.browser.test_chain import LINK, now, pictures

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [1280, 390])
def test_the_slider_moves_the_pictures_and_nothing_else(open_page: Open, say: Say, language: str, width: int) -> None:
    page = open_page(f"{LINK}&lang={language}", viewport={"width": width, "height": 720})
    expect(page.locator(".player .tile canvas")).to_have_count(4)
    start = pictures(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name=say("Attributes")).click()
    slider = page.get_by_role("slider", name=say("How far"))
    slider.focus()
    for presses, amount in ((4, 1), (4, 2)):
        for _press in range(presses):
            page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile(rf"by={amount}\.0"))
    expect(page.get_by_role("button", name=re.compile(r"\+2$|\+2\b"))).to_be_visible()
    expect(slider).to_be_visible()  # the control is still open, though its button says something else
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(DRAWN)
    expect(page.locator(".player .tile canvas")).to_have_count(4)
    assert all(before != after for before, after in zip(start, pictures(page), strict=True))
    expect(now(page)).to_have_text(re.compile(r"0"))  # the arrow keys were the slider's
    assert "at=" not in page.url
