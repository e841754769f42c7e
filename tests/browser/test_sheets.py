"""The sheets of the sampling page: a sample is followed with mouse, finger and keys, and a link shows the same one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

LINK = "/sampling?data=fashion-mnist&model=vae&count=16&steps=0&steps=1&steps=5&lang=en"


def tile(page: Page, sheet: int, row: int, column: int) -> tuple[Locator, dict[str, float]]:
    """A sheet of four by four, and the middle of a tile on it."""
    place = page.locator(".sheet").nth(sheet)
    box = place.bounding_box()
    assert box
    return place, {"x": (column + 0.5) * box["width"] / 4, "y": (row + 0.5) * box["height"] / 4}


def rings(page: Page) -> list[list[float]]:
    """Where the frames stand on their sheets."""
    return page.locator(".sheet").evaluate_all(
        "all => all.map(sheet => [sheet.querySelector('i').offsetLeft, sheet.querySelector('i').offsetTop])"
    )


def test_a_sample_is_pointed_at_and_chosen_on_both_sheets(open_page: Open) -> None:
    page = open_page(LINK)
    sample = page.locator(".closer strong")
    expect(sample).to_have_text("Sample 1 of 16")
    before = page.locator(".large").evaluate("large => getComputedStyle(large).backgroundPosition")
    sheet, place = tile(page, 1, 2, 1)
    sheet.hover(position=place)
    expect(sample).to_have_text("Sample 10 of 16")
    first, second = rings(page)
    assert first == second != [0, 0]
    assert page.locator(".large").evaluate("large => getComputedStyle(large).backgroundPosition") != before
    page.locator(".closer strong").hover()
    expect(sample).to_have_text("Sample 1 of 16")
    sheet.click(position=place)
    page.wait_for_url("**sample=10*")
    expect(page.locator(".film span")).to_have_count(3)
    page.locator(".film span").nth(1).click()
    page.wait_for_url("**after=1*")
    shared = open_page(page.url.partition(page.url.split("/")[2])[2])
    expect(shared.locator(".closer strong")).to_have_text("Sample 10 of 16")
    expect(shared.locator("figcaption strong").nth(1)).to_have_text("Step 1")
    assert rings(shared) == rings(page)


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page(LINK)
    page.get_by_role("slider", name="Sample that is large").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".closer strong")).to_have_text("Sample 2 of 16")
    page.wait_for_url("**sample=2*")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("radio", name="5")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("figcaption strong").nth(1)).to_have_text("Step 1")
    page.wait_for_url("**after=1*")
    expect(page.get_by_role("radio", name="1")).to_be_focused()
    expect(page.get_by_role("img", name="Sample 2 at step 1")).to_be_visible()
