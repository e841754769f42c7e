"""A real server, cold for each test, and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60.0  # seconds


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium from the system; tests are skipped where there is none, and fail where CI is set."""
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if found is None:
        message = "no Chromium on PATH; install one (Debian: apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=list(FLAGS))


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that nobody has asked anything yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    process = subprocess.Popen([*command, "--server.address=127.0.0.1"], cwd=ROOT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)


def wait_until_healthy(address: str, process: subprocess.Popen) -> None:
    """Return once the server answers."""
    given_up = time.monotonic() + PATIENCE
    while time.monotonic() < given_up and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not start")


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Opens a path of the cold server in a fresh browser profile; at the end nothing may have gone wrong in it."""
    pages: list[Page] = []
    wrong: list[str] = []

    def open_path(path: str, **context: str) -> Page:
        page = browser.new_context(viewport={"width": 1440, "height": 1000}, **context).new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("http://127", "data:", "blob:")) or wrong.append(request.url))
        page.goto(server + path)
        pages.append(page)
        return page

    yield open_path
    for page in pages:
        assert page.get_by_test_id("stException").count() == 0
        page.context.close()
    assert wrong == []
