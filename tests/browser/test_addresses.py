"""Every page has an address of its own, and the links of the navigation keep what is chosen for all pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from latentdemo.benchmark.server import running_server
from latentdemo.ui.shell.navigation import PAGES
from tests.browser.conftest import Open, opened_pages
from tests.browser.gestures import IN_THE_ROW, expect_page

NAMES = [entry.script.removeprefix("pages/").removesuffix(".py") for entry in PAGES]
IN_THE_MENU = "[data-testid=stSidebarNavLink]"
CHOICE = {"data": ["fashion-mnist"], "model": ["dvae"], "seed": ["21"], "lang": ["ja"]}
LINK = "data=fashion-mnist&model=dvae&seed=21&lang=ja"


@pytest.fixture(scope="module")
def lower_server() -> Iterator[str]:
    """The address of a server that has the demo below its own, as behind a proxy."""
    with running_server(base_path="/demo") as started:
        yield started.address


@pytest.fixture
def open_lower(browser: Browser, lower_server: str) -> Iterator[Open]:
    """Opens a path of that server in a fresh browser profile."""
    with opened_pages(browser, lower_server) as open_path:
        yield open_path


@pytest.mark.slow
def test_the_overview_is_found_by_its_other_address_as_the_first_request(open_cold: Open, open_page: Open) -> None:
    for page in (open_cold("/overview?lang=en"), open_page("/overview?data=fashion-mnist&screen=decision&lang=en")):
        expect_page(page, "Overview")
        assert urlsplit(page.url).path == "/overview"
        expect(page.get_by_text("Better samples from the model you already have")).to_be_visible()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_an_address(open_page: Open, name: str) -> None:
    title = next(entry.title for entry in PAGES if entry.script == f"pages/{name}.py")
    expect_page(open_page(f"/{name}?data=fashion-mnist&lang=en"), title)


@pytest.mark.parametrize("path", ["/", *(f"/{name}" for name in NAMES)])
@pytest.mark.slow
def test_so_it_has_below_another_address(open_lower: Open, path: str) -> None:
    name = path.strip("/") or "overview"
    title = next(entry.title for entry in PAGES if entry.script == f"pages/{name}.py")
    page = open_lower(f"{path}?data=fashion-mnist&lang=en")
    expect_page(page, title)
    hrefs = [link.get_attribute("href") or "" for link in page.locator(IN_THE_ROW).all()]
    assert all(urlsplit(href).path.startswith("/demo/") for href in hrefs)


@pytest.mark.slow
def test_back_and_forth_between_pages(open_page: Open) -> None:
    page = open_page("/overview?data=fashion-mnist&lang=en")
    expect_page(page, "Overview")
    expect(page.get_by_alt_text("Prior samples of")).to_be_visible()  # it asks for its pictures until then
    steps = page.evaluate("history.length")
    page.locator(IN_THE_ROW).filter(has_text="Models").click()
    expect_page(page, "Models")
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    expect_page(page, "Overview")
    page.go_forward()
    expect_page(page, "Models")
    page.locator(IN_THE_ROW).filter(has_text="Overview").click()
    expect_page(page, "Overview")
    page.wait_for_url(re.compile(r":\d+/(\?|$)"))


@pytest.mark.slow
def test_going_back_leads_to_the_page_before_whatever_was_changed_meanwhile(open_page: Open) -> None:
    page = open_page("/overview?data=fashion-mnist&lang=en")
    expect_page(page, "Overview")
    expect(page.get_by_alt_text("Prior samples of")).to_be_visible()  # it asks for its pictures until then
    steps = page.evaluate("history.length")
    page.locator(IN_THE_ROW).filter(has_text="Models").click()
    expect_page(page, "Models")
    for seed in (8, 9):
        page.get_by_test_id("stNumberInputStepUp").click()
        page.wait_for_url(re.compile(f"models.*seed={seed}"))
    page.get_by_text("日本語", exact=True).click()
    page.wait_for_url(re.compile("lang=ja"))
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    expect_page(page, "概要")
    page.wait_for_url(re.compile("seed=9&lang=ja|lang=ja&seed=9"))  # what is chosen for all pages stays chosen
    page.go_forward()
    expect_page(page, "モデル")
    assert page.evaluate("history.length") == steps + 1


@pytest.mark.slow
def test_a_link_that_is_opened_in_a_new_tab_keeps_what_was_chosen(open_page: Open) -> None:
    page = open_page("/overview?lang=en")
    expect_page(page, "Overview")
    for name, choice in (("Data set", "Fashion-MNIST"), ("Model", "Denoising VAE")):
        page.get_by_role("combobox", name=name).click()
        page.get_by_role("option", name=choice).click()
    page.wait_for_url(re.compile("model=dvae"))
    page.get_by_text("日本語", exact=True).click()
    page.wait_for_url(re.compile("lang=ja"))
    for links in (page.locator(IN_THE_ROW).nth(1), page.get_by_test_id("stPageLink-NavLink").first):
        expect(links).to_have_attribute("href", re.compile("model=dvae.*lang=ja"))
        with page.context.expect_page() as opened:
            links.click(modifiers=["Control"])
        expect(opened.value.get_by_role("combobox", name="モデル")).to_have_value("デノイジング VAE", timeout=30_000)
        opened.value.close()


@pytest.mark.parametrize("width", [1440, 1280, 390])
@pytest.mark.slow
def test_a_link_of_the_navigation_opens_the_same_choice_elsewhere(open_page: Open, width: int) -> None:
    page = open_page(f"/overview?{LINK}", viewport={"width": width, "height": 900})
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if width == 390:
        page.get_by_test_id("stExpandSidebarButton").click()
    links = page.locator(IN_THE_MENU if width == 390 else IN_THE_ROW)
    expect(links).to_have_count(len(PAGES))
    for link in links.all():
        expect(link).to_have_attribute("href", re.compile("lang=ja"))
        assert parse_qs(urlsplit(link.get_attribute("href") or "").query) == CHOICE
    href = urlsplit(links.filter(has_text="モデル").get_attribute("href") or "")
    other = open_page(f"{href.path}?{href.query}", locale="en-US")
    expect_page(other, "モデル")
    expect(other.get_by_test_id("stSidebar").get_by_test_id("stNumberInputField")).to_have_value("21")
    model = other.get_by_role("combobox", name="モデル")
    expect(model).to_have_value("デノイジング VAE")


@pytest.mark.slow
def test_links_follow_what_is_chosen(open_page: Open) -> None:
    page = open_page("/models?data=fashion-mnist&lang=en")
    expect_page(page, "Models")
    page.get_by_test_id("stNumberInputStepUp").click()
    sampling = page.locator(IN_THE_ROW).filter(has_text="Sampling")
    expect(sampling).to_have_attribute("href", re.compile("seed=8"))
    page.get_by_text("日本語", exact=True).click()
    for link in page.locator(IN_THE_ROW).all():
        expect(link).to_have_attribute("href", re.compile("seed=8&lang=ja"))


@pytest.mark.slow
def test_the_keyboard_reaches_the_links(open_page: Open) -> None:
    page = open_page("/models?data=fashion-mnist&lang=en")
    expect_page(page, "Models")
    page.locator(IN_THE_ROW).first.focus()
    page.keyboard.press("Tab")
    expect(page.locator(IN_THE_ROW).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect_page(page, "Sampling")
