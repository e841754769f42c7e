"""Web pages that are taken away: complete in themselves."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.export.bundle import Bundle
from latentdemo.imaging import data_uri
from latentdemo.ui.components.player import Kind, Scene
from latentdemo.ui.evaluation.in_short import gain_chart
from latentdemo.ui.export import pieces
from latentdemo.ui.export.drawing import drawing
from latentdemo.ui.export.run_page import run_page
from latentdemo.ui.i18n.words import LANGUAGES
from latentdemo.ui.overview.case import Case, case_page
from latentdemo.ui.state.selection import Selection
from tests.export.runs import SETTINGS, STORY
from tests.ui.sample_reports import report

BEFORE, AFTER = (Image.new("RGBA", (60, 40), colour) for colour in ("red", "blue"))
MODEL = "fashion-mnist/dvae"  # whose advised way keeps the places of the samples
LARGEST = 8 * 2**20  # bytes that go through as a mail's attachment
NAMESPACES = r"http://www\.w3\.org/(?:1999|2000)/\w+"


def noise(width: int, height: int) -> Image.Image:
    """A picture that no format can pack."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


def scene(chains: int = 2, steps: int = 3) -> Scene:
    """Chains without figures and map."""
    nothing: list[Kind] = [""] * (steps + 1)
    states, kinds = [list(map(str, nothing))] * chains, [nothing] * chains
    return Scene("run", "</script>", "", chains, steps, [], states, kinds, [], None, "#0072b2")


@pytest.fixture
def bundle() -> Bundle:
    return Bundle(STORY, SETTINGS, {}, lambda: {0: BEFORE, 1: BEFORE, 3: AFTER}, 3)


@pytest.fixture(params=["wipe", "player", "case"])
def page(request: pytest.FixtureRequest, bundle: Bundle) -> str:
    """A page of each kind."""
    if request.param == "case":
        chosen = Selection(MODEL, read_config(model_folder(MODEL)), 7)
        return case_page(Case(chosen, BEFORE, BEFORE, AFTER), lambda: pieces.link("back", STORY.link)).decode()
    playing = request.param == "player"
    return run_page(bundle, report(), scene() if playing else None, noise(40, 20) if playing else None).decode()


def test_it_asks_nobody_for_anything(page: str) -> None:
    assert {*re.findall(r"(?:src|href)=\"(?!data:)([^\"]*)", page)} == {STORY.link.replace("&", "&amp;")}
    addresses = re.findall(r"https?://[^\s\"'<]+", page)
    assert {each for each in addresses if not re.fullmatch(NAMESPACES, each)} == {STORY.link.replace("&", "&amp;")}
    assert "default-src 'none'" in page
    assert not re.search(r"\beval\(|new Function|@import|url\((?!data:)", page)


def test_pictures_that_move_are_there_once_and_named(page: str) -> None:
    named = set(re.findall(r'"picture:(\w+)"', page))
    assert named
    assert named <= set(re.findall(r'<img class="picture-(\w+)"', page))
    assert page.count("image/webp;base64,") >= len(named)
    assert '"data:image/webp' not in "".join(re.findall(r'<script type="application/json">.*?</script>', page))


def test_words_cannot_break_out_of_scripts(page: str) -> None:
    scripts = re.findall(r"<script.*?</script>", page, flags=re.DOTALL)
    assert page.count("</script>") == len(scripts) == page.count("<script")


def test_it_says_what_the_story_says_in_its_language(bundle: Bundle) -> None:
    page = run_page(bundle, report()).decode()
    assert '<html lang="ja">' in page
    assert page.count("<main ") == 1
    for text in (STORY.title, STORY.verdict, STORY.before, "シード: 7", "適用前と適用後", "デモで開く"):
        assert text in page


def test_a_case_says_everything_in_both_languages_and_is_small() -> None:
    chosen = Selection(MODEL, read_config(model_folder(MODEL)), 7)
    sheet = noise(790, 526)  # as large as sheets of faces are, and larger as a file
    page = case_page(Case(chosen, sheet, sheet, sheet), lambda: "")
    assert len(page) < LARGEST
    mains = re.findall(r"<main lang=\"(\w+)\".*?</main>", page.decode(), flags=re.DOTALL)
    assert mains == list(LANGUAGES)
    for words in ("Real data", "実データ", "Decision", "判断", "Quality gap closed", "品質ギャップ解消率"):
        assert words in page.decode()
    assert page.count(b'class="screen"') == 4 * len(LANGUAGES)


def test_pictures_lose_nothing_unless_they_are_large_together(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = noise(64, 64)
    (whole,) = pieces.files_of([picture])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(whole)).convert("RGB")), np.asarray(picture))
    assert data_uri(whole).startswith("data:image/webp;base64,")
    monkeypatch.setattr(pieces, "MOST_BYTES", len(whole) - 1)
    (packed,) = pieces.files_of([picture])
    assert len(packed) < len(whole)


def test_a_drawing_says_its_values_without_a_script() -> None:
    drawn = drawing(gain_chart(report()), "what it shows")
    assert 'aria-label="what it shows"' in drawn
    titles = re.findall(r"<title>(.*?)</title>", drawn)
    assert titles
    assert all(re.search(r"^(?:Plain chain|The advised way).*: .*steps, .*ms an image: ", title) for title in titles)
    assert "<script" not in drawn
