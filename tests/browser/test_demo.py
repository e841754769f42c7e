"""The demo as a person meets it: a cold server, a deep link, a press, other pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.gestures import choose, expect_page

pytestmark = pytest.mark.slow


def pictures(page: Page) -> Locator:
    """What is shown of samples, as far as they have arrived."""
    return page.locator("[data-testid=stImage] img:visible, .sheet:not(.awaited) img:visible")


def sheets(page: Page, count: int) -> list[str]:
    """Addresses of the pictures, once there are so many; an address is made of the picture's content."""
    images = pictures(page)
    expect(images).to_have_count(count)
    return [image.get_attribute("src") or "" for image in images.all()]


def wait_for_other_sheets(page: Page, before: list[str], count: int) -> list[str]:
    """Addresses of the pictures, once the last differs from before."""
    images = pictures(page)
    expect(images).to_have_count(count)
    expect(images.last).not_to_have_attribute("src", before[-1])
    return sheets(page, count)


def test_overview_is_ready_before_anyone_presses(open_cold: Open) -> None:
    page = open_cold("/")
    before, after = sheets(page, 2)
    assert before != after
    expect_page(page, "Overview")
    assert urlsplit(page.url).path == "/"
    expect(page.get_by_text("Better samples from the model you already have")).to_be_visible()
    expect(page.get_by_text("Straight from the prior")).to_be_visible()
    page.get_by_text("Read the whole review").click()
    page.wait_for_url("**/quality*")
    expect(page.get_by_role("heading", name="Quality review")).to_be_visible()


def test_sampling_by_deep_link_as_the_first_request(open_cold: Open) -> None:
    sample(open_cold, "fashion-mnist")


def test_sampling_of_faces_by_deep_link(open_page: Open) -> None:
    sample(open_page, "avatars")


def sample(open_page: Open, data: str) -> None:
    """A link opens on its samples, and other settings bring others."""
    page = open_page(f"/sampling?data={data}&model=dvae&count=16&steps=0&steps=5")
    first = sheets(page, 2)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Moved [0-9]"))).to_have_count(1)
    page.get_by_test_id("stNumberInputStepUp").click()
    second = wait_for_other_sheets(page, first, 2)
    choose(page, "Samples", "36")
    wait_for_other_sheets(page, second, 2)
    page.wait_for_url("**/sampling?**seed=8**")


def test_only_results_fade_while_a_page_runs_anew(open_page: Open) -> None:
    page = open_page("/sampling?data=fashion-mnist&model=vae&seed=12&count=16&steps=1")
    first = sheets(page, 1)
    page.evaluate("""() => {
        window.faded = [];
        document.addEventListener("transitionrun", (event) => {
            if (event.propertyName === "opacity") window.faded.push(event.target.dataset.testid ?? "");
        }, true);
    }""")
    page.get_by_test_id("stNumberInputStepUp").click()
    wait_for_other_sheets(page, first, 1)
    assert page.evaluate("window.faded")
    assert "stElementContainer" not in page.evaluate("window.faded")


def test_the_same_link_gives_the_same_picture_to_everyone(open_page: Open) -> None:
    link = "/sampling?data=fashion-mnist&model=vae&seed=11&count=16&steps=1"
    assert sheets(open_page(link), 1) == sheets(open_page(link), 1)


def test_japanese_by_the_browser_and_english_by_choice(open_page: Open) -> None:
    page = open_page("/", locale="ja-JP")
    expect(page.get_by_text("事前分布からそのまま")).to_be_visible()
    sheets(page, 2)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_text("Straight from the prior")).to_be_visible()
    page.wait_for_url("**lang=en*")


def test_long_work_shows_progress_and_can_be_cancelled(open_page: Open) -> None:
    page = open_page("/sampling?data=avatars&model=vae&count=256&steps=100")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. Nothing is lost.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_latent_space_by_deep_link_as_the_first_request(open_cold: Open) -> None:
    page = open_cold("/latent_space?data=fashion-mnist&steps=2")
    charts = page.get_by_test_id("stVegaLiteChart").locator("svg.marks, svg")
    expect(charts.nth(2)).to_be_visible()
    expect(page.get_by_text("the same draws after the steps").first).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    page.get_by_test_id("stSidebar").wait_for()
    page.get_by_role("button", name="Chains on the map").click()
    page.get_by_role("combobox", name="Steps").click()
    page.get_by_role("option", name="10", exact=True).click()
    page.wait_for_url("**/latent_space?**steps=10**")


def test_the_quality_review_opens_on_its_verdict_as_the_first_request(open_cold: Open) -> None:
    expect_verdict(open_cold("/quality?data=fashion-mnist&model=dvae", locale="ja-JP"), "品質ギャップ")


def test_the_quality_review_opens_on_its_verdict_in_english(open_page: Open) -> None:
    expect_verdict(open_page("/quality?data=fashion-mnist&model=dvae", locale="en-US"), "quality gap")


def expect_verdict(page: Page, words: str) -> None:
    """The verdict, its figures and the charts below."""
    expect(page.get_by_role("heading", name=re.compile(words)).first).to_be_visible()
    expect(page.get_by_test_id("stMetric")).not_to_have_count(0)
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg").nth(2)).to_be_visible()


def test_the_evaluation_can_be_taken_away(open_page: Open) -> None:
    page = open_page("/quality?data=fashion-mnist&model=dvae")
    for kind in ("CSV", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download {kind}").click()
        content = download.value.path().read_text(encoding="utf-8")
        if kind == "CSV":
            rows = list(csv.DictReader(io.StringIO(content)))
            assert {"gap_closed", "coverage"} <= {row["figure"] for row in rows}
            assert all(float(row["mean"]) == float(row["mean"]) for row in rows)
        else:
            assert json.loads(content)["model"] == "fashion-mnist/dvae"


def test_a_measurement_shows_progress_and_can_be_cancelled(open_page: Open) -> None:
    page = open_page("/quality?data=fashion-mnist&model=dvae")
    page.get_by_role("button", name=re.compile("Measure")).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. Nothing is lost.")).to_be_visible()


def test_one_page_after_another(open_page: Open) -> None:
    page = open_page("/sampling?data=fashion-mnist&lang=en&count=16")
    page.locator(".sheets").wait_for()
    for title in ("Step by step", "Latent interpolation", "Models", "Sampling", "Step by step"):
        page.get_by_role("link", name=title).first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        expect(page.get_by_test_id("stException")).to_have_count(0)
