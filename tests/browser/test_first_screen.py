"""What a page is for lies on its first screen: at a projector's size, and on a phone within one and a half."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open, Say
from tests.browser.gestures import choose, photo, upload
from tests.browser.test_reach import open_settled, settle

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


def expect_the_answer_first(page: Page, name: str) -> None:
    """Result and first action are on the first screen of a projector, and one and a half of a phone."""
    assert max(below(page, selector) for selector in FIRST[name]) <= PROJECTOR["height"]
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(1000)
    assert max(below(page, selector) for selector in FIRST[name]) <= 1.5 * PHONE["height"]


@pytest.mark.parametrize("name", FIRST)
def test_the_answer_comes_first(open_page: Open, name: str) -> None:
    expect_the_answer_first(open_settled(open_page, name, "ja", viewport=PROJECTOR), name)


@pytest.mark.parametrize("language", ["ja"])
def test_the_answer_comes_first_of_a_picture_of_ones_own(open_page: Open, say: Say) -> None:
    """One without a picture yet, one that cannot be read, and a masked one that the model cannot know."""
    page = open_page("/chain?data=avatars&steps=5&mask=0.2&hold=True&lang=ja", viewport=PROJECTOR)
    page.locator(".player .play").wait_for()
    choose(page, say("Starting point"), say("Your own picture"))
    for content, told in ((b"", None), (b"GIF89a", "stAlert"), (photo(), "stAlertContentWarning")):
        if told:
            upload(page, "photo.jpg", "image/jpeg", content)
            page.get_by_test_id(told).wait_for()
        settle(page)
        page.wait_for_timeout(1000)
        expect_the_answer_first(page, "chain")
        page.set_viewport_size(PROJECTOR)
