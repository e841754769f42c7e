"""Every page for everyone: on a phone, on light and dark, with a keyboard and a screen reader."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.gestures import DRAWN
from tests.browser.screenshots import PAGES

pytestmark = pytest.mark.slow

BAD = {"serious", "critical"}


def open_settled(open_page: Open, name: str, language: str = "en", **context: Any) -> Page:
    """A page with all that it shows."""
    path, shown, count = PAGES[name]
    page = open_page(f"{path}&data=fashion-mnist&lang={language}", **context)
    page.get_by_test_id(shown).nth(count - 1).wait_for()
    settle(page)
    return page


def settle(page: Page) -> None:
    """Nothing of the page is on its way any more."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator("[data-stale=true]").first.wait_for(state="detached")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_is_in_the_way(open_page: Open, name: str) -> None:
    page = open_settled(open_page, name, color_scheme="dark")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        page.wait_for_timeout(DRAWN)  # colours fade over
        settle(page)
        found = Axe().run(page).response["violations"]
        bad = [(each["id"], node["html"][:200]) for each in found if each["impact"] in BAD for node in each["nodes"]]
        assert bad == [], scheme


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_scrolls_one_way_only(open_page: Open, name: str) -> None:
    page = open_settled(open_page, name, viewport={"width": 390, "height": 844})
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["overview-decision", "sampling", "quality", "models"])
def test_no_figure_is_cut_at_a_zoom_of_150_per_cent(open_page: Open, name: str, language: str) -> None:
    zoomed = {"viewport": {"width": 1280 * 2 // 3, "height": 720 * 2 // 3}, "device_scale_factor": 1.5}
    page = open_settled(open_page, name, language, **zoomed)
    texts = page.get_by_test_id("stMetric").locator(".stMarkdownEllipsis, .stMarkdownEllipsis *")
    assert texts.count()
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    assert texts.evaluate_all(cut) == []
