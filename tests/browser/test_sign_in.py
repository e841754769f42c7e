"""Signing in with an OpenID Connect provider that runs as a process of its own: who comes in, and who may do what."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from latentdemo.benchmark.server import free_port, running_server
from tests.browser.conftest import PATIENCE, ROOT
from tests.browser.gestures import DRAWN, upload
from tests.browser.test_models import archive

pytestmark = pytest.mark.slow

HOUR = 3600
PEOPLE = {  # subject -> claims beside it
    "ada": {"name": "Ada", "roles": ["presenter"]},
    "vic": {"name": "Vic"},
    "grace": {"name": "Grace", "groups": "admin"},
    "late": {"exp": int(time.time()) - HOUR},  # of a token that was too old when it was given
    "old": {"iat": int(time.time()) - 13 * HOUR},  # of somebody who signed in long ago
    "elsewhere": {"iss": "https://elsewhere.example"},  # of another provider
    "neighbour": {"aud": "another application", "azp": "latentdemo"},  # of another application
}
SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "a secret that only this test knows"
client_id = "latentdemo"
client_secret = "any"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""
SIGN_IN, FAILED = "Please sign in", "You are not signed in"
Arrive = Callable[[str], Page]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider that knows `PEOPLE`."""
    port = free_port()
    known = [f"--user-claims={json.dumps({'sub': sub} | claims)}" for sub, claims in PEOPLE.items()]
    command = [sys.executable, "-m", "oidc_provider_mock", f"--port={port}", *known]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(f"{address}/.well-known/openid-configuration")
            yield address
        finally:
            process.terminate()


def wait_for(address: str) -> None:
    """Return once an address answers; raises what it raised last where it does not."""
    given_up = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            if time.monotonic() > given_up:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def demo(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that asks people to sign in there, and shares what administrators bring."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "checkpoints").mkdir()
    secrets = home / "secrets.toml"
    secrets.write_text(SECRETS.format(provider=provider), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMLIT_SECRETS_FILES", str(secrets))
        patch.setenv("LATENTDEMO_DATABASE", f"sqlite:///{home}/reviews.sqlite")
        patch.setenv("LATENTDEMO_CHECKPOINTS", os.pathsep.join([str(home / "checkpoints"), str(ROOT / "checkpoints")]))
        patch.setenv("LATENTDEMO_SHARE_UPLOADS", "1")
        with running_server() as server:
            yield server.address


@pytest.fixture
def arrive(browser: Browser, demo: str) -> Iterator[Arrive]:
    """Opens a path of the demo in a fresh browser profile."""
    opened: list[Page] = []

    def at(path: str) -> Page:
        page = browser.new_context(locale="en").new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(demo + path)
        opened.append(page)
        return page

    yield at
    for page in opened:
        assert page.get_by_test_id("stException").count() == 0
        page.context.close()


def sign_in(page: Page, who: str) -> None:
    """Press the button, and be somebody whom the provider knows; nobody refuses."""
    page.get_by_role("button", name=re.compile("Sign in|サインイン")).click()
    page.get_by_role("button", name=who or "Deny", exact=True).click()


def test_who_comes_in_goes_on_where_they_were_and_out_again(arrive: Arrive) -> None:
    page = arrive("/quality?data=fashion-mnist&lang=en")
    expect(page.get_by_text(SIGN_IN)).to_be_visible()
    expect(page.get_by_role("link", name="Models")).to_have_count(0)
    sign_in(page, "vic")
    expect(page.get_by_text("Vic Viewer")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/quality\?.*data=fashion-mnist"))
    assert "sign_in" not in page.url
    expect(page.get_by_role("button", name="Measure on this device")).to_be_disabled()
    page.goto(page.url.replace("/quality", "/review"))
    expect(page.get_by_text("Presenters begin reviews here")).to_be_visible()
    expect(page.get_by_role("button", name="Begin the review")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_text(SIGN_IN)).to_be_visible()


@pytest.mark.parametrize("who", ["", "late", "elsewhere"])
def test_who_is_refused_is_told_and_may_try_again(who: str, arrive: Arrive) -> None:
    page = arrive("/models?lang=en")
    sign_in(page, who)
    expect(page.get_by_text(FAILED)).to_be_visible()
    sign_in(page, "ada")
    expect(page.get_by_text("Ada")).to_be_visible()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    assert "sign_in" not in page.url


@pytest.mark.parametrize(("who", "words"), [("old", "期限が切れました"), ("neighbour", "このデモのものではない")])
def test_a_sign_in_that_does_not_count_is_told(who: str, words: str, arrive: Arrive) -> None:
    page = arrive("/models?lang=ja")
    sign_in(page, who)
    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_role("button", name="サインイン")).to_be_enabled()


def test_a_cookie_of_others_lets_nobody_in(arrive: Arrive, demo: str) -> None:
    page = arrive("/models?lang=en")
    page.context.add_cookies([{"name": "_streamlit_user", "value": "forged", "url": demo}])
    page.reload()
    expect(page.get_by_text("was not made for this demo")).to_be_visible()
    sign_in(page, "vic")
    expect(page.get_by_text("Vic Viewer")).to_be_visible()


def test_a_presenters_review_is_for_guests_only_where_they_are_let_in(arrive: Arrive) -> None:
    page = arrive("/review?data=fashion-mnist&lang=en")
    sign_in(page, "ada")
    page.get_by_role("button", name="Begin the review").click()
    link = page.get_by_test_id("stCode").inner_text().strip()
    path = "/review?" + link.partition("?")[2]
    guest = arrive(path)
    expect(guest.get_by_text(SIGN_IN)).to_be_visible()
    sign_in(guest, "vic")
    expect(guest.get_by_role("button", name="Begin", exact=True)).to_be_visible()
    page.get_by_role("button", name="All reviews").click()
    expect(page.get_by_text("begun by Ada")).to_be_visible()
    page.get_by_text("Guests may answer").click()
    page.wait_for_timeout(DRAWN)
    page.get_by_role("button", name="Begin the review").click()
    expect(page.get_by_text("You need no account.")).to_be_visible()
    guest = arrive("/review?" + page.get_by_test_id("stCode").inner_text().strip().partition("?")[2])
    expect(guest.get_by_role("button", name="Begin", exact=True)).to_be_visible()
    elsewhere = arrive("/review?data=fashion-mnist&lang=en")
    sign_in(elsewhere, "ada")
    expect(elsewhere.get_by_text("begun by Ada").first).to_be_visible()  # found again without a link


def test_an_upload_under_sign_in_works_and_only_administrators_share(arrive: Arrive) -> None:
    page = arrive("/models?lang=en")
    sign_in(page, "vic")
    expect(page.get_by_text("It serves this session only")).to_be_visible()
    upload(page, "mine.zip", "application/zip", archive())
    expect(page.get_by_role("button", name="Remove my model")).to_be_visible()
    admin = arrive("/models?lang=en")
    sign_in(admin, "grace")
    expect(admin.get_by_text("It serves everyone")).to_be_visible()
    upload(admin, "mine.zip", "application/zip", archive())
    expect(admin.get_by_text("Shared by Grace")).to_be_visible()
