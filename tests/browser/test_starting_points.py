"""Starting points in a real browser: a held-out picture by click and by key, one's own picture, good and bad."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.gestures import choose, photo, upload
from tests.browser.test_first_screen import PROJECTOR, below

pytestmark = pytest.mark.slow

CHAIN = "/chain?data=fashion-mnist&steps=5&chains=1"


def test_a_held_out_picture_is_picked_by_click_and_by_key(open_page: Open) -> None:
    page = open_page(f"{CHAIN}&from=data&mask=0.2", viewport=PROJECTOR)
    expect(page.locator(".player .play")).to_be_visible()
    assert below(page, ".player .play") <= PROJECTOR["height"]
    page.get_by_role("button", name="Held-out picture").click()
    page.get_by_role("radio", name="Picture 5", exact=True).click()
    page.wait_for_url("**picture=5*")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**picture=6*")
    expect(page.get_by_role("radio", name="Picture 6", exact=True)).to_be_checked()
    expect(page.get_by_role("img", name="Picture 6", exact=True)).to_have_count(2)
    page.get_by_test_id("stPagination").get_by_text("2", exact=True).click()
    page.get_by_role("radio", name="Picture 30", exact=True).click()
    page.wait_for_url("**picture=30*")


def test_ones_own_picture_stays_while_the_page_is_left(open_page: Open) -> None:
    page = open_page(CHAIN)
    choose(page, "Starting point", "Your own picture")
    upload(page, "moving.gif", "image/gif", b"GIF89a")
    expect(page.get_by_text("This is not a JPEG, PNG or WebP picture.")).to_be_visible()
    upload(page, "photo.jpg", "image/jpeg", photo())
    seen = page.get_by_role("img", name="What the model sees", exact=True)
    button = page.get_by_role("button", name="Your own picture")
    button.click()
    expect(seen).to_be_visible()
    expect(page.get_by_text("This is not a JPEG")).to_have_count(0)
    shown = seen.get_attribute("src")
    page.get_by_role("link", name="Overview").click()
    expect(seen).to_have_count(0)
    page.get_by_role("link", name="Step by step").first.click()
    button.click()
    expect(seen).to_have_attribute("src", shown or "")
    expect(page.get_by_role("button", name="Remove this picture")).to_be_visible()
