"""Screenshots of every page, in both languages, light and dark: python -m tests.browser.screenshots FOLDER."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from latentdemo.benchmark.browser import FLAGS, find_chromium
from latentdemo.benchmark.server import running_server

PICTURE, CHART, METRIC = "stImage", "stVegaLiteChart", "stMetric"
FORM, COMPONENT, CHOICES = "stForm", "stBidiComponentIsolated", "stMultiSelect"
PAGES = {  # name -> (path, what it shows, how many of that)
    "overview": ("/?screen=problem", PICTURE, 2),
    "overview-method": ("/?screen=method&model=dvae", COMPONENT, 1),
    "overview-evidence": ("/?screen=evidence", CHART, 2),
    "overview-decision": ("/?screen=decision", METRIC, 4),
    "sampling": ("/sampling?", COMPONENT, 1),
    "chain": ("/chain?", COMPONENT, 1),
    "interpolation": ("/interpolation?", CHART, 2),
    "quality": ("/quality?", FORM, 1),
    "review": ("/review?", CHOICES, 1),
    "latent_space": ("/latent_space?", CHART, 3),
    "models": ("/models?", PICTURE, 8),
}
LANGUAGES = ("en", "ja")
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SETTLED = 1500  # milliseconds after the last picture or chart came
WIDTH, HEIGHT, TALLEST = 1440, 900, 4000  # pixels


def take(browser: Browser, address: str, name: str, language: str, scheme: Scheme, width: int, out: Path) -> None:
    """One screenshot, as tall as the page."""
    path, shown, count = PAGES[name]
    page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    page.goto(f"{address}{path}&lang={language}")
    page.get_by_test_id(shown).nth(count - 1).wait_for()
    page.wait_for_timeout(SETTLED)
    height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(height, TALLEST)})
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=out / f"{name}-{language}-{scheme}.png")
    page.close()


def main(out: Path, names: list[str], width: int) -> None:
    """All of them into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, running_server() as server:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for name in names:
            for language in LANGUAGES:
                for scheme in SCHEMES:
                    take(browser, server.address, name, language, scheme, width, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Screenshots of pages, in both languages, light and dark.")
    parser.add_argument("out", type=Path, metavar="FOLDER")
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES), metavar="PAGE", help=", ".join(PAGES))
    parser.add_argument("--width", type=int, default=WIDTH, help=f"of the window in pixels, {WIDTH}; a phone has 390")
    arguments = parser.parse_args()
    main(arguments.out, arguments.pages, arguments.width)
