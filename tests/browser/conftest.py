"""A real server, cold for each test, and a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from latentdemo.benchmark.browser import FLAGS, WITHOUT_WINDOWS, find_chromium
from latentdemo.benchmark.server import free_port, running_server
from latentdemo.engine.remote.client import ELSEWHERE
from latentdemo.ui.i18n.words import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds
BROKEN_PICTURES = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
Open = Callable[..., Page]
Say = Callable[..., str]

expect.set_options(timeout=1000 * PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium from the system; tests are skipped where there is none, and fail where CI is set.

    One a file: while playwright is at work its thread runs an event loop, beside which others cannot start their own.
    """
    path = shutil.which(WITHOUT_WINDOWS) or find_chromium()
    if path is None:
        message = "no Chromium on PATH; install one (Debian: apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=list(FLAGS))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server that all tests share."""
    with engine_elsewhere(), running_server() as started:
        yield started.address


@contextmanager
def engine_elsewhere() -> Iterator[None]:
    """Where $LATENTDEMO_TEST_ENGINE is ray, an engine on Ray that servers have their chains walked by."""
    if os.environ.get("LATENTDEMO_TEST_ENGINE") != "ray":
        yield
        return
    port = str(free_port())
    command = [sys.executable, "-m", "latentdemo", "serve", "--port", port]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert any("serving at" in line for line in process.stdout)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(ELSEWHERE, f"http://127.0.0.1:{port}")
                yield
        finally:
            process.terminate()


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Open]:
    """Opens a path of the shared server in a fresh browser profile."""
    with opened_pages(browser, server) as open_path:
        yield open_path


@pytest.fixture
def open_cold(browser: Browser) -> Iterator[Open]:
    """Opens a path of a server that nobody has asked anything yet."""
    with running_server() as started, opened_pages(browser, started.address) as open_path:
        yield open_path


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Each language of the screen."""
    return request.param


@pytest.fixture
def say(language: str) -> Say:
    """What the screen says in the language, by the text in English."""

    def translated(text: str, **values: object) -> str:
        return catalogue(language).gettext(text).format(**values)

    return translated


@contextmanager
def opened_pages(browser: Browser, address: str) -> Iterator[Open]:
    """Opens pages; at the end nothing may have gone wrong in them, and nothing been asked of another server."""
    pages: list[Page] = []
    wrong: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            wrong.append(request.url)

    def listen(message: ConsoleMessage) -> None:
        of = message.location.get("url", "")
        looks_for_itself = "/_stcore/" in of  # Streamlit, below the page's address first
        may_have_been_left = "/media/" in of  # pictures go with their page; those that stay are looked at in the end
        if message.type == "error" and not looks_for_itself and not may_have_been_left:
            wrong.append(f"{message.text} {of}")

    def open_path(path: str, **context: Any) -> Page:
        page = browser.new_context(**({"viewport": {"width": 1440, "height": 1000}} | context)).new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", listen)
        page.on("request", watch)
        page.goto(address + path)
        pages.append(page)
        return page

    yield open_path
    for page in pages:
        assert page.get_by_test_id("stException").count() == 0
        assert page.evaluate(BROKEN_PICTURES) == []
        page.context.close()
    assert wrong == []
