"""Chains in a real browser: they play there without the server, and a link shows the same step to everyone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

LINK = "/chain?data=fashion-mnist&model=vae&steps=5"


def now(page: Page) -> Locator:
    return page.locator(".player .now")


def pictures(page: Page) -> list[str]:
    """What is drawn large, a picture a chain."""
    return page.locator(".player .tile canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")


def rests_at(page: Page, step: int) -> None:
    """The player rests at a step, and the link says so; nobody has drawn the player anew."""
    expect(now(page)).to_have_text(f"Step {step} of 5")
    page.wait_for_url(lambda url: (f"at={step}" in url) if step else ("at=" not in url))


def test_a_chain_plays_to_its_end_and_every_way_back(open_cold: Open) -> None:
    page = open_cold(LINK)
    rests_at(page, 0)
    page.locator(".player").evaluate("player => player.dataset.mine = 'yes'")
    start = pictures(page)
    page.get_by_role("button", name="Play (space bar)").click()
    expect(page.get_by_role("button", name="Pause (space bar)")).to_be_visible()
    rests_at(page, 5)
    assert all(first != last for first, last in zip(start, pictures(page), strict=True))
    page.get_by_role("button", name="One step back").click()
    rests_at(page, 4)
    page.locator(".player .scrubber").fill("2")
    rests_at(page, 2)
    page.locator(".player .frame").nth(3).click()
    rests_at(page, 3)
    page.get_by_role("button", name="To the start").click()
    rests_at(page, 0)
    assert pictures(page) == start
    assert page.locator(".player").get_attribute("data-mine") == "yes"


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page(LINK)
    rests_at(page, 0)
    for key, step in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)  # with the focus nowhere
        rests_at(page, step)
    page.get_by_role("slider", name="Step").focus()
    page.keyboard.press("End")
    rests_at(page, 5)
    page.keyboard.press("Home")
    rests_at(page, 0)
    page.get_by_role("button", name="Picture of chain 2").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**follow=2*")
    page.keyboard.press("ArrowRight")
    rests_at(page, 1)


def test_the_space_bar_plays_and_pauses(open_page: Open) -> None:
    page = open_page(LINK)
    rests_at(page, 0)
    page.get_by_role("combobox", name="Speed").select_option("0.25")
    page.locator(".player").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause (space bar)")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play (space bar)")).to_be_visible()


def test_a_link_opens_on_what_was_shared(open_page: Open) -> None:
    page = open_page(LINK)
    rests_at(page, 0)
    page.locator(".player .frame").nth(4).click()
    rests_at(page, 4)
    page.get_by_role("button", name="Picture of chain 3").click()
    page.get_by_role("combobox", name="What the picture shows").select_option("start")
    page.wait_for_url("**show=start*")
    page.get_by_role("combobox", name="Speed").select_option("0.25")
    page.wait_for_url("**speed=0.25*")
    shared = open_page(page.url.partition(page.url.split("/")[2])[2])
    expect(now(shared)).to_have_text("Step 4 of 5")
    expect(shared.get_by_role("button", name="Picture of chain 3")).to_have_attribute("aria-pressed", "true")
    expect(shared.get_by_role("combobox", name="Speed")).to_have_value("0.25")
    assert pictures(shared) == pictures(page)


def test_the_figures_follow_step_and_chain(open_page: Open) -> None:
    page = open_page(f"{LINK}&kernel=hmc&at=1")
    values = page.locator(".player .panel .value")
    expect(values.first).to_be_visible()
    expect(page.locator(".player .state")).to_have_text(re.compile("accepted"))
    first = values.all_inner_texts()
    page.keyboard.press("ArrowRight")
    rests_at(page, 2)
    second = values.all_inner_texts()
    assert first != second
    expect(page.locator(".player .spoken")).to_contain_text(f"Likelier than: {second[1]}")
    expect(page.get_by_role("img", name=re.compile("up to step 2"))).to_be_visible()
    page.get_by_role("button", name="Picture of chain 4").click()
    expect(values.last).not_to_have_text(second[-1])


def test_playing_asks_nothing_of_the_server(open_page: Open) -> None:
    page = open_page(LINK)
    rests_at(page, 0)
    sent: list[str] = []
    page.evaluate("""() => {
        window.sent = 0
        const send = WebSocket.prototype.send
        WebSocket.prototype.send = function (...all) { window.sent++; return send.apply(this, all) }
    }""")
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Play (space bar)").click()
    expect(now(page)).to_have_text("Step 4 of 5")
    assert page.evaluate("window.sent") == 0
    assert sent == []
    rests_at(page, 5)
    assert page.evaluate("window.sent") == 1


def test_another_seed_is_played_in_the_same_place(open_page: Open) -> None:
    page = open_page(f"{LINK}&at=3")
    rests_at(page, 3)
    before, place = pictures(page), page.locator(".player").bounding_box()
    moved = page.locator(".player .panel .value").last
    text = moved.inner_text()
    page.get_by_test_id("stNumberInputStepUp").click()
    expect(moved).not_to_have_text(text)
    page.wait_for_url("**seed=8*")
    rests_at(page, 3)
    assert pictures(page) != before
    assert page.locator(".player").bounding_box() == place


@pytest.mark.parametrize(("locale", "words"), [("en-US", "Step 0 of 10"), ("ja-JP", "ステップ 0／10")])
def test_it_opens_in_the_language_of_the_browser(open_page: Open, locale: str, words: str) -> None:
    page = open_page("/chain?data=fashion-mnist", locale=locale)
    expect(now(page)).to_have_text(words)


def test_who_wants_less_motion_sees_whole_steps(open_page: Open) -> None:
    page = open_page(LINK, reduced_motion="reduce")
    rests_at(page, 0)
    frames = page.locator(".player .frame canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")
    page.evaluate("""() => {
        const seen = (window.seen = new Set())
        const hosts = [...document.querySelectorAll("*")].filter(each => each.shadowRoot)
        const tile = hosts.map(each => each.shadowRoot.querySelector(".tile canvas")).find(Boolean)
        const look = () => { seen.add(tile.toDataURL()); requestAnimationFrame(look) }
        look()
    }""")
    page.get_by_role("button", name="Play (space bar)").click()
    rests_at(page, 5)
    assert set(page.evaluate("[...window.seen]")) <= set(frames)
