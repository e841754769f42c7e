"""A real browser at the demo's own server: from the press to the picture, and from the start, or from an empty
environment, to the first one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

from latentdemo.benchmark.server import ROOT, Server, running_server
from latentdemo.benchmark.timing import Spread, Table
from latentdemo.errors import ServerError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WITHOUT_WINDOWS = "chromium-headless-shell"  # the same browser, which opens a page in two thirds of the time
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome", WITHOUT_WINDOWS)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 120_000.0  # In milliseconds; reached only when something is broken.
SETTLED = 1_500.0  # milliseconds in which what stands below the rows is drawn
PRESSES = 7
GB = 1e9  # Bytes.
STARTS = 3
CASES = ((64, (10,)), (36, (0, 1, 5, 10)))  # Chains, and the steps that are shown of them.
SHEETS = '[data-testid="stImage"] img, .sheet img'
COMPONENTS = '[data-testid="stBidiComponentIsolated"]'
FIND = f"""
    const components = () => [...document.querySelectorAll('{COMPONENTS}')].map((each) => each.shadowRoot);
    const roots = () => [document, ...components().filter(Boolean)]; // One that is being mounted has no root yet.
    const find = (selector) => roots().flatMap((root) => [...root.querySelectorAll(selector)]);
    const drawn = (sheet) => sheet.complete && sheet.naturalWidth && !sheet.closest(".awaited");
    const shown = (count, before) => {{
        const sheets = find('{SHEETS}');
        const changed = sheets.length >= count && sheets.at(-1).src !== before;
        return changed && sheets.every(drawn) && !find("figure:not([hidden]) .figures:empty").length;
    }};
"""
SHOWN = f"([count, before]) => {{ {FIND} return shown(count, before); }}"
TIME = """
    const time = (some, all) => {
        const started = {};
        window.pressToPicture = undefined;
        addEventListener("click", (press) => {
            const look = () => {
                const seconds = (performance.now() - press.timeStamp) / 1000;
                if (some()) started.first ??= seconds;
                if (all()) window.pressToPicture = { first: started.first ?? seconds, last: seconds };
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        }, { capture: true, once: true });
    };
"""
WATCH = f"""([first, last]) => {{
    {FIND} {TIME}
    const changed = (sheet) => sheet && sheet.src !== first && drawn(sheet);
    time(() => changed(find('{SHEETS}')[0]), () => shown(1, last));
}}"""
WATCH_ROWS = f"""(blank) => {{
    {FIND} {TIME}
    const rows = () => find(".strip img");
    const before = rows().map((row) => row.src);
    const there = (row) => row.complete && row.naturalWidth && row.alt !== blank && !before.includes(row.src);
    const all = () => rows().length >= before.length && rows().every(there);
    time(() => rows().some(there), all);
}}"""
BLANK = "Not sampled yet"  # what the place of a row says until it is there
BARE = """
import pathlib, sys
import streamlit as st
turn = st.session_state["turn"] = st.session_state.get("turn", 0) + st.button("Next")
st.image((pathlib.Path(sys.argv[1]) / f"{turn}.png").read_bytes())
"""


class Press(NamedTuple):
    """Seconds from a press to the picture: of the page to its first sheet and to all that it shows, of these the
    sampler's own, of the page where it finds the result among those that are kept, and of the bare page."""

    first: float
    whole: float
    own: float
    kept: float
    bare: float


def find_chromium() -> str | None:
    """The path of the system's Chromium."""
    return next((path for name in CHROMIUMS if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium.

    Raises:
        ServerError: there is none.
        ImportError: playwright is not installed.
    """
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        raise ServerError("no Chromium on PATH; install one (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=list(FLAGS))


def opened(browser: Browser, address: str) -> Page:
    """A page of its own at an address."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    return page


def wait_for_picture(page: Page, before: str = "", count: int = 1) -> str:
    """Wait until there are so many pictures, drawn, and the last is another than before; returns its address."""
    page.wait_for_function(SHOWN, arg=[count, before], polling="raf")
    return page.locator(SHEETS).last.evaluate("image => image.src")


def press_to_picture(page: Page, press: Callable[[], None]) -> tuple[float, float]:
    """Seconds from a press to another first sheet, and to all other pictures, by the clock of the browser."""
    last = wait_for_picture(page)
    return watched(page, WATCH, [page.locator(SHEETS).first.evaluate("image => image.src"), last], press)


def watched(page: Page, watch: str, argument: object, press: Callable[[], None]) -> tuple[float, float]:
    """Seconds from a press to the first and to the last of what a script looks for, once the page is at rest."""
    page.wait_for_load_state("networkidle")
    page.evaluate(watch, argument)
    press()
    found = page.wait_for_function("() => window.pressToPicture", polling="raf").json_value()
    return found["first"], found["last"]


def measure_press(name: str, presses: int = PRESSES) -> Table:
    """The next seed on the sampling page, and a bare page that shows the last picture that came of it, in turns.

    No browser has seen that picture before, on either page.

    Raises:
        ServerError: no Chromium, or a server that does not start.
        ImportError: playwright is not installed.
    """
    rows = []
    with chromium() as browser, running_server() as server:
        for chains, steps in CASES:
            with tempfile.TemporaryDirectory() as folder:
                times, size = press_times(browser, server, name, chains, steps, presses, Path(folder))
            rows.append({"what": f"{chains} chains, steps {', '.join(map(str, steps))}"} | press_row(times, size))
    return Table(f"{name}: from the press to the picture", rows)


def press_times(
    browser: Browser, server: Server, name: str, chains: int, steps: Sequence[int], presses: int, folder: Path
) -> tuple[list[Press], int]:
    """The times of some presses, and the bytes of a sheet; pictures are kept in a folder."""
    data, family = name.split("/", maxsplit=1)
    link = urlencode({"data": data, "model": family, "count": chains, "steps": steps}, doseq=True)
    times: list[Press] = []
    page = opened(browser, f"{server.address}/sampling?{link}")
    size = keep_picture(page, folder / "0.png")
    with bare_server(folder) as bare_address:
        bare = opened(browser, bare_address)
        for turn in range(presses + 1):
            first, whole = press_to_picture(page, next_seed(page))
            own = sampler_seconds(page)
            keep_picture(page, folder / f"{turn + 1}.png")
            _, kept = press_to_picture(page, page.get_by_test_id("stNumberInputStepDown").click)
            press_to_picture(page, next_seed(page))
            _, plain = press_to_picture(bare, bare.get_by_role("button", name="Next").click)
            if turn:  # The first one warms up.
                times.append(Press(first, whole, own, kept, plain))
        bare.close()
    page.close()
    return times, size


def measure_rows(name: str, presses: int = PRESSES) -> Table:
    """The next seed on the page of latent interpolation, until the first of its rows is there, and until all are.

    Raises:
        ServerError: no Chromium, or a server that does not start.
        ImportError: playwright is not installed.
    """
    data, family = name.split("/", maxsplit=1)
    link = urlencode({"data": data, "model": family})
    times = []
    with chromium() as browser, running_server() as server:
        page = opened(browser, f"{server.address}/interpolation?{link}")
        page.get_by_test_id("stVegaLiteChart").first.wait_for()  # comes after the rows
        rows = page.locator(".strip img").count()
        for _ in range(presses + 1):  # The first one warms up.
            times.append(watched(page, WATCH_ROWS, BLANK, next_seed(page)))
            page.wait_for_timeout(SETTLED)
    first, last = (Spread.of([1000 * each for each in side]) for side in zip(*times[1:], strict=True))
    row = {"rows": rows, "first row, ms": first, "last row, ms": last}
    return Table(f"{name}: from the press to the rows of latent interpolation", [row])


def next_seed(page: Page) -> Callable[[], None]:
    """The press of the dice, which takes the next seed."""
    return page.locator(".st-key-next_seed").get_by_role("button").click


def press_row(times: Sequence[Press], size: int) -> dict[str, object]:
    """What is told of presses that showed sheets of so many bytes."""
    return {
        "a sheet, kB": f"{size / 1000:,.0f}",
        "first sheet, ms": Spread.of([1000 * each.first for each in times]),
        "page, ms": Spread.of([1000 * each.whole for each in times]),
        "sampler's own, ms": Spread.of([1000 * each.own for each in times]),
        "page with a result that is kept, ms": Spread.of([1000 * each.kept for each in times]),
        "bare page, ms": Spread.of([1000 * each.bare for each in times]),
        "page / (bare page + own)": Spread.of([each.whole / (each.bare + each.own) for each in times]),
    }


def sampler_seconds(page: Page) -> float:
    """What the page says that its run took."""
    return float(page.get_by_test_id("stMetricValue").first.inner_text().split()[0])


def keep_picture(page: Page, file: Path) -> int:
    """Write the last picture of a page to a file; returns its size in bytes."""
    with urlopen(wait_for_picture(page)) as answer:
        return file.write_bytes(answer.read())


@contextmanager
def bare_server(folder: Path) -> Iterator[str]:
    """The address of a Streamlit page with nothing on it but a button and a picture: 0.png of a folder, 1.png, …"""
    script = folder / "bare.py"
    script.write_text(BARE, encoding="utf-8")
    with running_server(script, str(folder)) as server:
        yield server.address


def measure_cold_start(starts: int = STARTS) -> Table:
    """Seconds from the start of the process to the first picture of the overview, and to all of it, with the browser
    open already.

    Raises:
        ServerError: no Chromium, or a server that does not start.
        ImportError: playwright is not installed.
    """
    answered, times, complete = [], [], []
    with chromium() as browser:
        for _ in range(starts):
            started = time.perf_counter()
            with running_server() as server:
                answered.append(time.perf_counter() - started)
                page = opened(browser, server.address)
                wait_for_picture(page)
                times.append(time.perf_counter() - started)
                page.locator(".st-key-next_seed").wait_for(state="attached")
                complete.append(time.perf_counter() - started)
    row = {
        "server answers, s": Spread.of(answered),
        "first picture, s": Spread.of(times),
        "whole page, s": Spread.of(complete),
    }
    return Table("From the start of the process", [row])


def measure_install() -> Table:
    """Seconds until `requirements.txt` is installed into an empty environment, what that weighs, and seconds from the
    beginning to the first picture, with the browser open already.

    Packages come from the index, mirror or cache that pip is set up for: the time is that of this network.

    Raises:
        ServerError: pip fails, there is no Chromium, or the server does not start.
        ImportError: playwright is not installed.
    """
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        started = time.perf_counter()
        python = new_environment(Path(folder))
        installed = time.perf_counter() - started
        with running_server(python=python) as server:
            wait_for_picture(opened(browser, server.address))
            seen = time.perf_counter() - started
        row = {"installed, s": installed, "installed, GB": weight(Path(folder)) / GB, "first picture, s": seen}
    return Table("From an empty environment", [row])


def new_environment(folder: Path) -> str:
    """Make an environment with the demo's requirements; returns its Python."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "-r", str(ROOT / "requirements.txt")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
    return str(python)


def weight(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
