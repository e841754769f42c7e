"""What a page is for lies on its first screen: at a projector's size, and on a phone within one and a half."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.test_reach import open_settled

pytestmark = pytest.mark.slow

PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
METRIC, PICTURE = "[data-testid=stMetric]", "[data-testid=stImage]"
FIRST = {  # page -> its result, and what people do there first
    "overview": (f"{PICTURE} >> nth=1", "[data-testid=stBaseButton-primary]"),
    "sampling": (".sheet >> nth=1", ".st-key-take_recommended"),
    "chain": (".player .tiles", ".player .play"),
    "interpolation": (".strips .stage", ".strips .play"),
    "quality": ("[data-testid=stHeading] h3", METRIC),
    "latent_space": (".atlas .map", ".atlas .decoded"),
    "models": (PICTURE, "[data-testid=stBaseButton-secondary]"),
}


def below(page: Page, selector: str) -> float:
    """Where what is found ends, in pixels from the top of the page."""
    box = page.get_by_test_id("stMain").locator(f"{selector} >> visible=true").first.bounding_box()
    assert box
    return box["y"] + box["height"]


@pytest.mark.parametrize("name", FIRST)
def test_the_answer_comes_first(open_page: Open, name: str) -> None:
    page = open_settled(open_page, name, "ja", viewport=PROJECTOR)
    assert max(below(page, selector) for selector in FIRST[name]) <= PROJECTOR["height"]
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(1000)
    assert max(below(page, selector) for selector in FIRST[name]) <= 1.5 * PHONE["height"]
