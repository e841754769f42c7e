"""Several browsers at one engine: who asks for little is not kept waiting by who asks for much."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

LONG = "/sampling?count=256&steps=0&steps=10&steps=50&steps=100&seed=61"


@pytest.mark.parametrize(("lang", "seed"), [("en", 62), ("ja", 63)])
def test_a_short_request_is_answered_while_a_long_one_runs(open_page: Open, lang: str, seed: int) -> None:
    long = open_page(f"{LONG}&lang={lang}")
    progress = long.get_by_test_id("stProgress")
    expect(progress).to_be_in_viewport()  # though its sheets are taller than the screen
    short = open_page(f"/sampling?count=16&seed={seed}&lang={lang}")
    expect(short.get_by_test_id("stMetric").first).to_be_visible()
    assert progress.is_visible()
    expect(long.locator(".sheet:not(.awaited) img").first).to_be_visible()
    long.get_by_role("button", name={"en": "Cancel", "ja": "キャンセル"}[lang]).click()
    expect(long.get_by_text({"en": "Nothing is lost", "ja": "失われたものはありません"}[lang])).to_be_visible()
    expect(progress).to_have_count(0)
    expect(long.locator(".sheet:not(.awaited) img").first).to_be_visible()  # a cancelled run keeps what it came to


def test_work_of_a_page_that_is_closed_ends_and_a_reload_begins_it_again(open_page: Open) -> None:
    left = open_page(LONG)
    expect(left.get_by_test_id("stProgress")).to_be_in_viewport()
    left.reload()
    expect(left.get_by_test_id("stProgress")).to_be_in_viewport()
    left.goto("about:blank")
    short = open_page("/sampling?count=16&seed=64")
    expect(short.get_by_test_id("stMetric").first).to_be_visible()
