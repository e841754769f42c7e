"""Interpolation in a real browser: it plays there, and a link shows the same to everyone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

LINK = "/interpolation?data=fashion-mnist&seed=11&frames=4&rows=plain&rows=5&rows=ends"
ROWS = 3


def sources(page: Page) -> list[str]:
    """Addresses of the rows' pictures, which are made of their content, once they are on screen."""
    pictures = page.locator(".strip img")
    expect(pictures).to_have_count(ROWS)
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").nth(1)).to_be_visible()
    return [picture.get_attribute("src") or "" for picture in pictures.all()]


def stage(page: Page) -> list[str]:
    """What is drawn large, a picture a row."""
    return page.locator(".stage canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")


def watch_frames(page: Page) -> None:
    """Write down every frame that comes on, in `window.frames_seen`."""
    page.locator(".now").evaluate(
        """now => {
            window.frames_seen = []
            const note = () => window.frames_seen.push(Number(now.textContent.match(/[0-9]+/)[0]))
            new MutationObserver(note).observe(now, { childList: true })
        }"""
    )


def frames_seen(page: Page, count: int) -> list[int]:
    """The first frames that came on, once there are so many; the next ones are counted anew."""
    page.wait_for_function("count => window.frames_seen.length >= count", arg=count)
    return page.evaluate("count => window.frames_seen.splice(0).slice(0, count)", count)


def test_it_plays_there_and_back_and_stops(open_page: Open) -> None:
    page = open_page(LINK)
    sources(page)
    now, play = page.locator(".now"), page.get_by_role("button", name="Play there and back")
    expect(now).to_have_text("Frame 1 of 4")
    before = stage(page)
    watch_frames(page)
    play.click()
    assert frames_seen(page, 7) == [2, 3, 4, 3, 2, 1, 2]
    page.get_by_role("button", name="Pause", exact=True).click()
    resting = now.text_content()
    page.wait_for_timeout(1500)
    expect(now).to_have_text(resting or "")
    page.locator(".scrubber").fill("2")
    expect(now).to_have_text("Frame 3 of 4")
    assert all(first != second for first, second in zip(before, stage(page), strict=True))


def test_it_plays_on_from_the_frame_that_is_on(open_page: Open) -> None:
    page = open_page(LINK)
    sources(page)
    page.locator(".scrubber").fill("1")
    watch_frames(page)
    page.get_by_role("button", name="Play there and back").click()
    assert frames_seen(page, 3) == [3, 4, 3]


def test_keys_and_clicks_move_it_and_other_rows_keep_its_place(open_page: Open) -> None:
    page = open_page(LINK)
    sources(page)
    now, scrubber, strip = page.locator(".now"), page.locator(".scrubber"), page.locator(".strip").last
    scrubber.focus()
    page.keyboard.press("ArrowRight")
    expect(now).to_have_text("Frame 2 of 4")
    expect(scrubber).to_have_attribute("aria-valuetext", "Frame 2 of 4")
    page.keyboard.press("End")
    expect(now).to_have_text("Frame 4 of 4")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(now).to_have_text("Frame 3 of 4")
    box = strip.bounding_box()
    assert box
    strip.click(position={"x": 0.4 * box["width"], "y": 5})
    expect(now).to_have_text("Frame 2 of 4")
    page.wait_for_url(re.compile("frame=2"))
    page.get_by_role("button", name="10 steps").first.click()
    expect(page.locator(".strip img")).to_have_count(ROWS + 1)
    expect(now).to_have_text("Frame 2 of 4")
    page.wait_for_url(re.compile("rows=10"))
    page.wait_for_url(re.compile("frame=2"))


def test_less_motion_is_slow_and_ends(open_page: Open) -> None:
    page = open_page(LINK.replace("frames=4", "frames=3"), reduced_motion="reduce")
    sources(page)
    watch_frames(page)
    page.get_by_role("button", name="Play there and back").click()
    assert frames_seen(page, 2) == [2, 3]
    expect(page.get_by_role("button", name="Play there and back")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.locator(".now")).to_have_text("Frame 3 of 3")


def test_a_shared_link_gives_the_same_picture_on_a_fresh_server(open_page: Open, open_cold: Open) -> None:
    page = open_page(LINK)
    before = sources(page)
    page.locator(".scrubber").fill("2")
    page.wait_for_url(re.compile("frame=3"))
    shared = open_cold(page.url.partition(page.url.split("/")[2])[2])
    assert sources(shared) == before
    expect(shared.locator(".now")).to_have_text("Frame 3 of 4")
    assert stage(shared) == stage(page)


@pytest.mark.parametrize("frames", [3, 25])
def test_rows_fit_on_a_phone(open_page: Open, frames: int) -> None:
    page = open_page(LINK.replace("frames=4", f"frames={frames}"), viewport={"width": 390, "height": 800})
    sources(page)
    for part in (".strip", ".stage", ".transport"):
        box = page.locator(part).first.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0
