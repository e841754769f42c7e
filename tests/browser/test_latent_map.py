"""The map of the latent space in a real browser: by mouse, by keyboard and by finger, and on to a chain."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

LINK = "/latent_space?data=fashion-mnist&steps=1&lang=en"
COUNT_SENT = """() => {
    window.sent = 0
    const send = WebSocket.prototype.send
    WebSocket.prototype.send = function (...all) { window.sent++; return send.apply(this, all) }
}"""


def settle(page: Page) -> Locator:
    """The map, once it says what is at its point and everything else of the page has come."""
    expect(page.locator(".atlas .lines p").first).to_be_visible()
    expect(page.locator(".atlas .legend")).to_contain_text("after the steps")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page.locator(".atlas .map")


def answered(page: Page, **point: str) -> None:
    """The link says which point is chosen, and Python has answered for it."""
    page.wait_for_url(lambda url: point.items() <= {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}.items())
    expect(page.locator(".atlas .stale")).to_have_count(0)


def decoded(page: Page) -> str:
    """The picture that is decoded."""
    return page.locator(".atlas .decoded canvas").evaluate("canvas => canvas.toDataURL()")


def middle(place: Locator) -> tuple[float, float, float]:
    """Where the middle of an element is on screen, and how wide it is."""
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]


def test_the_mouse_walks_without_the_server_and_a_click_decodes(open_page: Open) -> None:
    page = open_page(LINK, viewport={"width": 1280, "height": 720})
    x, y, width = middle(settle(page))
    page.evaluate(COUNT_SENT)
    seen = {decoded(page)}
    for share in (0.1, 0.2, 0.3):
        page.mouse.move(x - share * width, y - share * width)
        seen.add(decoded(page))
    assert len(seen) == 4
    assert page.evaluate("window.sent") == 0
    mixed = decoded(page)
    page.mouse.click(x, y)
    answered(page, x="0.0", y="0.0")
    assert decoded(page) not in {mixed, *seen}
    page.locator(".atlas .nearest button").first.click()
    page.wait_for_url(re.compile("rest=[0-9]+"))
    answered(page)
    number = parse_qs(urlsplit(page.url).query)["rest"][0]
    expect(page.locator(".atlas .original figcaption")).to_have_text(f"Real picture {number}")
    page.get_by_role("button", name="Back to the mean").click()
    page.wait_for_url(lambda url: "rest=" not in url)
    page.get_by_role("button", name="Start a chain here").click()
    expect(page.locator(".player .now")).to_have_text(re.compile("Step 0 of"))
    assert "from=map" in page.url
    assert urlsplit(page.url).path == "/chain"


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page(f"{LINK}&x=0.0&y=0.0")
    settle(page).focus()
    before = decoded(page)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    assert decoded(page) != before
    answered(page, x="0.2", y="0.04")
    expect(page.locator(".atlas .spoken")).to_contain_text("Point 0.20, 0.04")
    page.get_by_role("button", name="Start a chain from it").press("Enter")
    expect(page.locator(".player .now")).to_have_text(re.compile("Step 0 of"))
    assert "from=data" in page.url


def test_a_finger_chooses_and_all_lies_within_a_screen_and_a_half(open_page: Open) -> None:
    page = open_page(LINK, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    x, y, _width = middle(settle(page))
    page.touchscreen.tap(x, y)
    answered(page, x="0.0", y="0.0")
    for part in (".map", ".decoded", ".original", ".lines", ".nearest"):
        box = page.locator(f".atlas {part}").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 1.5 * 844, part


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_map_and_what_is_at_its_point_lie_on_the_first_screen(open_page: Open, lang: str) -> None:
    page = open_page(f"/latent_space?data=fashion-mnist&lang={lang}", viewport={"width": 1280, "height": 720})
    expect(page.locator(".atlas .lines p").first).to_be_visible()
    for part in (".map", ".decoded", ".original", ".lines", ".nearest"):
        box = page.locator(f".atlas {part}").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, part
