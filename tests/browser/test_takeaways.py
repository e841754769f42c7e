"""Every file is downloaded from the pages that have them, and opened by a reader of its own."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pptx import Presentation
from pypdf import PdfReader

from latentdemo.cli.main import main
from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

LINK = "/sampling?data=fashion-mnist&model=vae&kernel=hmc&count=16&steps=0&steps=1&steps=3"


@pytest.fixture
def download(open_page: Open) -> Callable[[str], bytes]:
    """Opens the sampling page in a Japanese browser; downloads the file of a button."""
    page = open_page(LINK, locale="ja-JP")
    expect(page.locator(".sheet img")).to_have_count(2)
    page.get_by_role("button", name="ファイルに保存").click()

    def fetch(button: str) -> bytes:
        with page.expect_download() as download:
            page.get_by_test_id("stDownloadButton").get_by_role("button", name=re.compile(button)).click()
        assert download.value.suggested_filename.startswith("latentdemo-fashion-mnist-vae-hmc-seed7.")
        return download.value.path().read_bytes()

    return fetch


def test_pictures_and_films(download) -> None:
    with Image.open(io.BytesIO(download("PNG"))) as picture:
        assert picture.format == "PNG"
        assert picture.width > 3 * 4 * 128
    with Image.open(io.BytesIO(download("GIF"))) as animation:
        assert (animation.format, animation.n_frames) == ("GIF", 3)
        size = animation.size
    with av.open(io.BytesIO(download("MP4"))) as film:
        frames = list(film.decode(video=0))
        assert (frames[0].width, frames[0].height) == tuple(side + side % 2 for side in size)
        first, last = (frame.to_ndarray(format="rgb24").astype(int) for frame in (frames[0], frames[-1]))
        assert np.abs(first - last).mean() > 1


def test_slides_and_page_say_the_verdict_in_japanese_and_link_to_the_page(download) -> None:
    deck = Presentation(io.BytesIO(download("PowerPoint")))
    assert len(deck.slides) == 5
    text = " ".join(shape.text_frame.text for shape in deck.slides[0].shapes if shape.has_text_frame)
    assert "品質ギャップ" in text
    assert any(shape.has_chart for shape in deck.slides[3].shapes)
    notes = deck.slides[4].notes_slide.notes_text_frame.text
    link = re.search(r"http://\S+/sampling\?\S+", notes)
    assert link is not None
    assert {"lang=ja", "kernel=hmc", "count=16", "steps=3"} <= set(re.split("[?&]", link.group()))
    page = PdfReader(io.BytesIO(download("PDF")))
    assert len(page.pages) <= 2  # front, and back where pictures leave the method no room
    assert "品質ギャップ解消率" in page.pages[0].extract_text()


def test_everything_in_one_file_is_made_again_on_the_command_line(download, tmp_path, capsys) -> None:
    with zipfile.ZipFile(io.BytesIO(download("ZIP"))) as archive:
        archive.extractall(tmp_path / "zip")
    assert (tmp_path / "zip" / "comparison.png").read_bytes() == download("PNG")
    with pytest.raises(SystemExit) as ended:
        main(["rerun", str(tmp_path / "zip" / "run.json"), "--output", str(tmp_path / "again"), "--device", "cpu"])
    assert ended.value.code == 0
    assert "16 of 16 chains agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "ready", "button", "frames", "chains"),
    [
        ("/chain?kernel=hmc&steps=5&lang=en", ".player .frame", "Take away", 6, 4),
        ("/interpolation?frames=4&rows=5&rows=recommended&rows=ends&lang=ja", ".strip", "ファイルに保存", 6, 4),
    ],
    ids=["chain", "interpolation"],
)
def test_all_files_of_what_is_played(
    open_page: Open, path: str, ready: str, button: str, frames: int, chains: int, tmp_path, capsys
) -> None:
    page = open_page(f"{path}&data=fashion-mnist&model=vae")
    page.locator(ready).first.wait_for()
    page.wait_for_load_state("networkidle")  # a list that opens before the pictures have their height may end below
    page.get_by_role("button", name=button).click()
    files = {}
    for kind in ("PNG", "GIF", "MP4", "PowerPoint", "PDF", "ZIP"):
        with page.expect_download() as download:
            page.get_by_test_id("stDownloadButton").get_by_role("button", name=re.compile(kind)).click()
        files[kind] = io.BytesIO(download.value.path().read_bytes())
    with Image.open(files["GIF"]) as animation:
        assert (animation.format, animation.n_frames) == ("GIF", frames)
    with av.open(files["MP4"]) as film:
        assert len({frame.to_ndarray().tobytes() for frame in film.decode(video=0)}) > frames / 2
    deck = Presentation(files["PowerPoint"])
    assert len(deck.slides) == 5
    assert abs(deck.slide_width / deck.slide_height - 16 / 9) < 1e-3
    assert all(slide.notes_slide.notes_text_frame.text for slide in deck.slides)
    assert len(PdfReader(files["PDF"]).pages) <= 2
    with zipfile.ZipFile(files["ZIP"]) as archive:
        archive.extractall(tmp_path / "zip")
    with pytest.raises(SystemExit) as ended:
        main(["rerun", str(tmp_path / "zip" / "run.json"), "--output", str(tmp_path / "again"), "--device", "cpu"])
    assert ended.value.code == 0
    assert f"{chains} of {chains} chains agree" in capsys.readouterr().out
    with Image.open(files["PNG"]) as shown, Image.open(tmp_path / "again" / "comparison.png") as again:
        assert shown.format == "PNG"
        assert np.array_equal(shown, again)


def test_files_follow_the_page(open_page: Open) -> None:
    page = open_page(LINK + "&lang=en")
    sheets = page.locator(".sheet:not(.awaited) img")
    expect(sheets).to_have_count(2)
    before, shown = picture(page), sheets.last.get_attribute("src") or ""
    page.locator(".st-key-next_seed").get_by_role("button").click()
    expect(sheets.last).not_to_have_attribute("src", shown)
    expect(sheets).to_have_count(2)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    assert picture(page) != before


def picture(page: Page) -> bytes:
    """The PNG of what is shown."""
    button = page.get_by_test_id("stDownloadButton").get_by_role("button", name="PNG")
    if not button.is_visible():
        page.get_by_role("button", name="Take away").click()
    with page.expect_download() as download:
        button.click()
    return download.value.path().read_bytes()
