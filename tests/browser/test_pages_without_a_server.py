"""Pages that were taken away, in a browser without a network: they play, they lead on, and they ask nobody."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.ui.export.page import Screen
from latentdemo.ui.export.pieces import played
from latentdemo.ui.overview.case import Case, case_page
from latentdemo.ui.state.selection import Selection
from tests.browser.gestures import move_the_line
from tests.ui.export.test_page import MODEL, noise, scene

pytestmark = pytest.mark.slow

SIDE, CHAINS, STEPS = 16, 2, 3
SHEET = noise(SIDE * (STEPS + 1), SIDE * CHAINS)
ALIKE = 20.0  # grey levels that a screenshot of enlarged pixels may differ on average; another frame differs by 85


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The whole case with a chain that plays, opened from a folder by a Japanese reader; the network is off."""
    chosen = Selection(MODEL, read_config(model_folder(MODEL)), 7)
    red, blue = (Image.new("RGBA", (600, 400), colour) for colour in ("red", "blue"))
    path = tmp_path / "case.html"
    path.write_bytes(
        case_page(
            Case(chosen, red, red, blue), lambda: "", lambda: [Screen("chain", played(scene(CHAINS, STEPS), SHEET))]
        )
    )
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="ja-JP")
    context.set_offline(True)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("data:") else None)
    page.goto(path.as_uri())
    yield page
    assert wrong == [path.as_uri()]
    context.close()


def test_keys_lead_through_the_case_and_languages_change_within_it(page: Page) -> None:
    current = page.locator(".screen.current")
    expect(current).to_contain_text("実データ")
    page.keyboard.press("ArrowRight")
    move_the_line(page, page.get_by_role("slider"))
    page.mouse.click(5, 5)  # the line has the arrow keys as long as it has the focus
    page.get_by_role("button", name="English").click()
    expect(current).to_contain_text("After 3 steps")
    assert page.evaluate("document.documentElement.lang") == "en"
    for key, words in [("PageDown", "closes"), (" ", "Cost per image"), ("ArrowLeft", "closes")]:
        page.locator("body").press(key)
        expect(current).to_contain_text(words)
    titles = current.locator("svg title").all_text_contents()
    assert any("ms an image" in title for title in titles)


def test_a_chain_plays_without_a_network(page: Page) -> None:
    now = page.locator(".player .now")
    for _screen in range(4):
        page.keyboard.press("PageDown")
    expect(now).to_have_text(f"ステップ 0／{STEPS}")
    assert_shows(page, 0)
    page.keyboard.press(" ")
    expect(now).to_have_text(f"ステップ {STEPS}／{STEPS}")
    page.wait_for_timeout(500)  # it glides on
    assert_shows(page, STEPS)
    page.keyboard.press("ArrowLeft")
    expect(now).to_have_text(f"ステップ {STEPS - 1}／{STEPS}")
    page.keyboard.press("PageUp")
    expect(page.locator(".screen.current")).to_contain_text("ミリ秒")


def assert_shows(page: Page, step: int) -> None:
    """The first chain is at a step: to the pixel on its canvas, and to the eye on a screenshot."""
    frame = np.asarray(SHEET.crop((SIDE * step, 0, SIDE * (step + 1), SIDE)), dtype=float)
    canvas = page.locator(".tile canvas").first
    content = canvas.evaluate("canvas => canvas.toDataURL()").partition(",")[2]
    drawn = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
    assert np.array_equal(np.asarray(drawn), frame)
    seen = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    middle = np.s_[1:-1, 1:-1]  # the ring around the chain that is followed lies on the edge
    assert np.abs(np.asarray(seen, dtype=float) - frame)[middle].mean() < ALIKE


def test_on_paper_everything_follows_each_other(page: Page) -> None:
    page.emulate_media(media="print")
    screens = page.locator("main:not([hidden]) .screen")
    assert [screen.is_visible() for screen in screens.all()] == [True] * 5
    assert page.locator("main:not([hidden]) .live img").all()[-1].is_visible()
    assert not page.locator(".wipe .stage").all() or not page.locator(".wipe .stage").first.is_visible()
