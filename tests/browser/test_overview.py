"""The overview as a presenter leads through it, and as someone who comes alone leaves it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.gestures import move_the_line, photo, press, upload

pytestmark = pytest.mark.slow

LISTENING = 3000  # milliseconds until a component that is there has its script


def test_the_keyboard_leads_through_a_presentation(open_page: Open) -> None:
    page = open_page("/?data=fashion-mnist")
    page.get_by_role("button", name="Present").click()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_role("button", name="Next")).to_have_count(0)
    page.locator(".st-key-keyboard [data-testid^=stBidiComponent]").wait_for(state="attached")
    page.wait_for_timeout(LISTENING)
    for key, screen in [("ArrowRight", "method"), ("PageDown", "evidence"), ("PageDown", "decision")]:
        press(page, key)
        page.wait_for_url(f"**screen={screen}**")
    expect(page.get_by_test_id("stMetric")).to_have_count(4)
    press(page, "ArrowLeft")
    page.wait_for_url("**screen=evidence**")
    press(page, "Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    assert "present" not in page.url


def test_a_presentation_opens_from_a_link_on_a_cold_server(open_cold: Open) -> None:
    page = open_cold("/?data=fashion-mnist&model=dvae&screen=decision&present=on&lang=ja")
    expect(page.get_by_role("heading", name=re.compile("品質ギャップ"))).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_test_id("stMetric")).to_have_count(4)


def test_a_chain_from_ones_own_picture_is_three_clicks_away(open_page: Open) -> None:
    page = open_page("/?data=fashion-mnist&lang=en")
    page.get_by_role("button", name="Start a chain from your own picture").click()  # the first
    upload(
        page, "photo.jpg", "image/jpeg", photo()
    )  # the second opens the browser's own dialog, the third picks a file
    expect(page.get_by_text("Step 0 of 10", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Your own picture").click()
    expect(page.get_by_role("img", name="What the model sees", exact=True)).to_be_visible()


def test_a_line_between_before_and_after_follows_mouse_and_keys(open_page: Open) -> None:
    page = open_page("/?data=fashion-mnist&model=dvae&screen=method&lang=en")
    line = page.get_by_role("slider", name="Line between before and after")
    expect(line).to_have_value("50")
    move_the_line(page, line)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
