"""The overview as a presenter leads through it, and as someone who comes alone leaves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from latentdemo.ui.export.page import page_bytes
from tests.browser.conftest import Open
from tests.browser.gestures import photo, press, upload
from tests.export.runs import STORY

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
    expect(page.get_by_role("img", name="What the model sees", exact=True)).to_be_visible()
    expect(page.get_by_text("Step 0 of 10", exact=True).first).to_be_visible()


def test_a_line_between_before_and_after_follows_mouse_and_keys(open_page: Open) -> None:
    page = open_page("/?data=fashion-mnist&model=dvae&screen=method&lang=en")
    line = page.get_by_role("slider", name="Line between before and after")
    expect(line).to_have_value("50")
    move_the_line(page, line)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_the_page_that_is_taken_away_has_that_line_and_asks_nobody(browser: Browser, tmp_path: Path) -> None:
    pictures = [Image.new("RGBA", (600, 400), colour) for colour in ("red", "blue")]
    (tmp_path / "page.html").write_bytes(page_bytes(STORY, pictures[0], [("後", pictures[1])], 0))
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "page.html").as_uri())
    move_the_line(page, page.get_by_role("slider"))
    assert [url for url in asked if not url.startswith("data:")] == [(tmp_path / "page.html").as_uri()]


def move_the_line(page: Page, line: Locator) -> None:
    """Drag the line to a quarter of the picture, then move it with keys."""
    box = page.locator(".wipe .stage").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] / 8, middle)
    expect(line).to_have_value(re.compile("2[45]"))
    before = page.locator(".wipe .before")
    assert re.fullmatch(r"inset\(0px 7[56]% 0px 0px\)", before.evaluate("image => getComputedStyle(image).clipPath"))
    line.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(line).to_have_value("99")
    expect(line).to_have_attribute("aria-valuetext", re.compile(r"99\s%.*\s1\s%"))
