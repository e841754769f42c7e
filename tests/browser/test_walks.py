"""Each page is walked in each language: what a person does there, and what a shared link opens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Say
from tests.browser.gestures import choose, photo, upload
from tests.data.test_pictures import claimed

pytestmark = pytest.mark.slow

CLOTHES = "data=fashion-mnist&model=vae"
FAR_TOO_LARGE = b"\0" * (21 * 2**20)


def test_a_chain_is_played_and_started_from_good_and_bad_pictures(open_page: Open, language: str, say: Say) -> None:
    page = open_page(f"/chain?{CLOTHES}&steps=5&chains=1&lang={language}")
    now = page.locator(".player .now")
    expect(now).to_have_text(say("Step {step} of {steps}", step=0, steps=5))
    page.get_by_role("button", name=say("Play (space bar)")).click()
    expect(now).to_have_text(say("Step {step} of {steps}", step=5, steps=5))
    page.wait_for_url("**at=5*")
    page.get_by_role("button", name=say("One step back (left arrow)")).click()
    page.wait_for_url("**at=4*")
    choose(page, say("Starting point"), say("Your own picture"))
    expect(page.get_by_text(say("Until there is a picture, it starts from the prior."))).to_be_visible()
    for name, content, words in (
        ("moving.gif", b"GIF89a", "This is not a JPEG, PNG or WebP picture. Save it as one of these and try again."),
        ("bomb.png", claimed(60_000, 60_000), "This picture is too large. At most 20 MB and 50 million pixels can be "
                                              "read: scale it down and try again."),
        ("cut-off.jpg", photo()[:1000], "This picture is damaged or incomplete and cannot be read. Save or copy it "
                                        "again."),
    ):  # fmt: skip
        upload(page, name, "image/" + name.rpartition(".")[2], content)
        expect(page.get_by_text(say(words))).to_be_visible()
    upload(page, "photo.jpg", "image/jpeg", photo())
    page.get_by_role("button", name=say("Your own picture")).click()
    expect(page.get_by_role("img", name=say("What the model sees"), exact=True)).to_be_visible()
    assert refused(page) == "none"
    for name, kind, content in (("paper.pdf", "application/pdf", b"%PDF"), ("big.png", "image/png", FAR_TOO_LARGE)):
        upload(page, name, kind, content)
        expect(page.get_by_test_id("stFileChip").filter(has_text=name)).to_be_visible()
        taken_not = say("This file was not taken. Bring a JPEG, PNG or WebP picture of at most 20 MB.")
        assert refused(page) == f'"{taken_not}"'


def refused(page: Page) -> str:
    """What stands under the uploader of a file that it did not take."""
    return page.get_by_test_id("stFileUploader").evaluate("element => getComputedStyle(element, '::after').content")


def test_an_interpolation_is_played_and_made_a_grid(open_page: Open, language: str, say: Say) -> None:
    page = open_page(f"/interpolation?{CLOTHES}&frames=3&rows=plain&rows=1&a_from=data&lang={language}")
    now = page.locator(".strips .now")
    expect(now).to_have_text(say("Frame {frame} of {frames}", frame=1, frames=3))
    page.get_by_role("button", name=say("Play there and back")).click()
    expect(now).to_have_text(say("Frame {frame} of {frames}", frame=3, frames=3))
    page.get_by_role("button", name=say("Pause"), exact=True).click()
    page.locator(".strips .scrubber").fill("2")
    page.wait_for_url("**frame=3*")
    page.get_by_role("button", name=say("Picture {name}", name="B")).click()
    choose(page, say("Starting point"), say("Your own picture"))
    upload(page, "photo.jpg", "image/jpeg", photo())
    expect(page.get_by_role("img", name=say("What the model sees"), exact=True).last).to_be_visible()
    expect(now).to_have_text(say("Frame {frame} of {frames}", frame=3, frames=3))
    page.keyboard.press("Escape")
    page.get_by_test_id("stButtonGroup").get_by_text(say("Grid"), exact=True).click()
    expect(page.get_by_text(say("After the chain: {chain}", chain=say("{steps} steps", steps=5)), exact=True)
           ).to_be_visible()  # fmt: skip
    page.get_by_test_id("stButtonGroup").get_by_text(say("Film"), exact=True).click()
    film = page.locator("video")
    expect(film).to_be_visible()
    page.wait_for_function("document.querySelector('video').currentTime > 0.2")
    assert film.evaluate("film => [film.muted, film.duration]") == [True, 16]
    film.evaluate("film => { film.currentTime = film.duration - 0.2 }")
    page.wait_for_function("() => { const film = document.querySelector('video'); "
                           "return film.currentTime > 0 && film.currentTime < 1 && !film.paused }")  # fmt: skip


def test_every_kind_of_link_opens(open_page: Open, language: str, say: Say) -> None:
    step, frame = say("Step {step} of {steps}", step=2, steps=5), say("Frame {frame} of {frames}", frame=2, frames=3)
    for number, (path, shown) in enumerate(
        (
            ("/chain?steps=5&chains=1&from=data&picture=4&noise=0.2&mask=0.1&at=2&show=given", step),
            ("/chain?steps=5&chains=4&kernel=hmc&at=2&follow=3", step),
            ("/chain?from=upload", say("This link starts from a picture that somebody uploaded. Uploaded pictures are "
                                       "not part of a link, so it starts from the prior here. Choose “Your own "
                                       "picture” to bring one.")),
            ("/interpolation?frames=3&a_draw=5&b_from=data&b_picture=9&path=linear&frame=2", frame),
            ("/interpolation?view=grid&side=5&correction=1", say("After the chain: {chain}", chain=say("1 step"))),
            ("/sampling?count=16&steps=0&steps=2&order=changed", say("Step {step}", step=2)),
            ("/sampling?count=12345", say("The link asks for “{asked}”, which cannot be shown. Showing the usual.",
                                          asked="12345")),
            ("/?screen=decision", say("Quality gap closed")),
            ("/quality?axis=ms", say("Quality review")),
            ("/latent_space?steps=2", say("Does the prior match what the model has learned?")),
        )
    ):  # fmt: skip
        page = open_page(f"{path}{'&' if '?' in path else '?'}{CLOTHES}&lang={language}")
        expect(page.get_by_text(re.compile(re.escape(shown))).first, str(number)).to_be_visible()
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
