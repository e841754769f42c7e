"""The demo in two replicas behind nginx, as `deploy/nginx.conf` has it: with TLS, at a host and below a path, with a
proxy that closes what is silent for 30 seconds. And what the doctor finds where that file was changed."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from latentdemo.benchmark.server import running_server
from latentdemo.doctor import Address, examine_address
from latentdemo.ui.shell.navigation import PAGES
from tests.browser.conftest import Open, opened_pages
from tests.browser.gestures import choose, expect_page, photo, upload
from tests.browser.nginx import Nginx, running_nginx
from tests.browser.test_models import archive, bring

pytestmark = pytest.mark.slow

CLOTHES = "data=fashion-mnist&lang=en"
FACES = "data=avatars&lang=en"
LONG = "count=256&steps=0&steps=10&steps=50&steps=100&seed=61"
UPGRADE = "    proxy_set_header Upgrade $http_upgrade;  # WebSocket\n"
IN_HASTE = ("proxy_read_timeout 60s", "proxy_read_timeout 30s")
MEDIA = ("    location / {\n", "    location ~ /media/ { return 403; }\n    location / {\n")
VARIANTS = {  # name -> what is changed in the shipped file
    "shipped": [IN_HASTE],
    "websocket": [(UPGRADE, "")],
    "sub-path": [("proxy_pass http://latentdemo/;", "proxy_pass http://latentdemo;")],
    "media": [MEDIA],
    "upload": [("client_max_body_size 65m;", "client_max_body_size 1m;")],
    "cookies": [(UPGRADE, UPGRADE + '    proxy_set_header Cookie "";\n')],
    "protection": [("    add_header X-Content-Type-Options nosniff always;\n", "")],
}
REMEDIES = {
    "websocket": "Upgrade",
    "sub-path": "strip /latentdemo",
    "media": "media/",
    "upload": "client_max_body_size",
}
PLACES = ("", "/latentdemo")
VISITORS = 30  # so many that chance does not bring all of them to one of two replicas


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx before two replicas; tests are skipped where there is none, and fail where CI is set."""
    if not (shutil.which("nginx") or os.access("/usr/sbin/nginx", os.X_OK)):
        message = "no nginx; install it (Debian: apt-get install nginx-light)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with ExitStack() as stack:
        replicas = [urlsplit(stack.enter_context(running_server()).address).netloc for _ in range(2)]
        yield stack.enter_context(running_nginx(VARIANTS, replicas, tmp_path_factory.mktemp("nginx")))


@contextmanager
def opened_behind(browser: Browser, address: str) -> Iterator[Open]:
    """Opens pages of an address whose certificate nobody trusts."""
    with opened_pages(browser, address) as open_path:
        yield partial(open_path, ignore_https_errors=True)


@pytest.fixture(params=PLACES, ids=["host", "path"])
def open_behind(request: pytest.FixtureRequest, browser: Browser, nginx: Nginx) -> Iterator[Open]:
    """Opens pages at the host, or below a path."""
    with opened_behind(browser, nginx.addresses["shipped"] + request.param) as open_path:
        yield open_path


def test_every_page_opens_by_its_own_address(open_behind: Open) -> None:
    page = open_behind(f"/?{CLOTHES}")
    expect_page(page, "Overview")
    address = page.url.partition("/?")[0]
    for entry in PAGES:
        name = entry.script.removeprefix("pages/").removesuffix(".py")
        page.goto(f"{address}/{name}?{CLOTHES}")
        expect_page(page, entry.title)


def test_a_picture_a_model_and_a_reload_in_mid_run_come_through(browser: Browser, nginx: Nginx) -> None:
    with opened_behind(browser, nginx.addresses["shipped"] + PLACES[-1]) as open_path:
        page = open_path(f"/chain?{CLOTHES}&steps=5&chains=1")
        choose(page, "Starting point", "Your own picture")
        upload(page, "photo.jpg", "image/jpeg", photo())
        page.get_by_role("button", name="Your own picture").click()
        expect(page.get_by_role("img", name="What the model sees", exact=True)).to_be_visible()
        page.get_by_role("link", name="Models").first.click()
        expect_page(page, "Models")
        bring(page, archive())
        expect(page.get_by_role("heading", name="Brought along")).to_be_visible()
        page.goto(f"{page.url.partition('/models')[0]}/sampling?{FACES}&{LONG}")
        expect(page.get_by_test_id("stProgress")).to_be_visible()
        page.reload()
        expect(page.get_by_test_id("stProgress")).to_be_visible()


def test_a_visitor_stays_with_one_replica(browser: Browser, nginx: Nginx) -> None:
    came_before = nginx.replicas().keys()
    with opened_behind(browser, nginx.addresses["shipped"]) as open_path:
        pages = [open_path("/?doctor=1&lang=en") for _ in range(4)]
        for page in pages:
            expect(come_through(page)).to_have_count(7)
    unknown = Address(nginx.addresses["shipped"])
    unknown.trusted = False
    for _ in range(VISITORS):
        unknown.ask("_stcore/health")
    served = {visitor: replicas for visitor, replicas in nginx.replicas().items() if visitor not in came_before}
    assert len(served) >= len(pages)
    assert all(len(replicas) == 1 for replicas in served.values())
    assert len(set.union(*served.values())) == 2


def come_through(page: Page) -> Locator:
    """Lines of the doctor's page that have an answer and tell of no fault, however slow this machine is."""
    return page.locator(".doctor li:not(.asking, .fault)")


@pytest.mark.parametrize("place", PLACES)
def test_the_doctor_finds_nothing_where_nothing_is_wrong(nginx: Nginx, place: str) -> None:
    found = list(examine_address(Address(nginx.addresses["shipped"] + place)))
    assert [each for each in found if each.state == "fault"] == []
    assert [each.state for each in found if each.check == "certificate"] == ["warning"]
    assert (found[-1].check, found[-1].state) == ("protection", "good")


@pytest.mark.parametrize("fault", REMEDIES)
def test_the_doctor_finds_what_a_proxy_does_not_pass_on(nginx: Nginx, fault: str) -> None:
    place = "/latentdemo" if fault == "sub-path" else ""
    found = examine_address(Address(nginx.addresses[fault] + place))
    (wrong,) = [each for each in found if each.state == "fault"]
    assert wrong.check == fault
    assert REMEDIES[fault] in wrong.remedy


def test_the_doctor_finds_lost_cookies_missing_headers_and_a_clock_that_is_wrong(
    nginx: Nginx, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wrong,) = [each for each in examine_address(Address(nginx.addresses["cookies"])) if each.state == "fault"]
    assert (wrong.check, "cookie" in wrong.remedy) == ("upload", True)
    missing = list(examine_address(Address(nginx.addresses["protection"])))[-1]
    assert (missing.state, missing.found) == ("warning", "no x-content-type-options")
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 3600)
    (wrong,) = [each for each in examine_address(Address(nginx.addresses["shipped"])) if each.state == "fault"]
    assert (wrong.check, "60 minutes" in wrong.found) == ("clock", True)


@pytest.mark.parametrize(
    ("variant", "script", "title", "remedy"),
    [
        ("media", "", "Pictures and downloads", "media/"),
        ("upload", "", "Uploads", "64 MB"),
        ("shipped", "const now = Date.now; Date.now = () => now() + 3600e3", "Clock", "automatically"),
    ],
)
def test_so_does_the_person_at_the_browser(
    browser: Browser, nginx: Nginx, variant: str, script: str, title: str, remedy: str
) -> None:
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.add_init_script(script)
    page.goto(f"{nginx.addresses[variant]}/overview?doctor=1&lang=en")
    expect(come_through(page)).to_have_count(6)
    expect(page.locator(".doctor li.fault")).to_contain_text([re.compile(f"{title}.*{remedy}")])
    page.context.close()
