"""The page, opened by a PDF reader."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pypdf import PdfReader

from latentdemo.export.handout import pdf_bytes
from latentdemo.export.story import Section
from tests.export.runs import STORY, VERDICT
from tests.export.test_deck import LONG, SQUARE, UNMEASURED, WIDE


def read(story=STORY, pair=SQUARE) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_bytes(story, pair)))


def text_of(reader: PdfReader) -> str:
    return "".join(reader.pages[0].extract_text().split())


@pytest.mark.parametrize("story", [STORY, UNMEASURED, LONG], ids=["measured", "unmeasured", "long"])
@pytest.mark.parametrize("pair", [SQUARE, WIDE], ids=["square", "wide"])
def test_it_is_one_page_of_a4_with_both_pictures(story, pair) -> None:
    reader = read(story, pair)
    assert len(reader.pages) == 1
    assert [round(side) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    assert [image.image.size for image in reader.pages[0].images] == [pair.before.size] * 2


def test_japanese_text_can_be_read_out_of_it() -> None:
    text = text_of(read())
    assert "".join(VERDICT.split()) in text
    assert "59%±2%" in text
    assert "双方2000枚ずつ" in text
    assert "lang=ja&seed=7" in text


def test_its_typeface_is_embedded() -> None:
    fonts = read().pages[0]["/Resources"]["/Font"]
    assert len(fonts) == 1
    for font in fonts.values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "NotoSansCJK" in inner["/BaseFont"]
        assert len(inner["/FontDescriptor"]["/FontFile2"].get_object().get_data()) > 1000


def test_it_says_in_which_language_it_is_and_what_it_is_about() -> None:
    reader = read()
    assert reader.trailer["/Root"]["/Lang"] == "ja"
    assert STORY.title in reader.metadata.title


def test_a_model_without_an_evaluation_is_said_so() -> None:
    text = text_of(read(UNMEASURED))
    assert "まだ評価されていません" in text
    assert "測定方法" not in text
    assert "シード:7" in text


def test_pictures_keep_their_room_where_there_is_much_to_say() -> None:
    wordy = STORY._replace(method=Section("測定方法", ("長い説明が続きます。" * 30,) * 6))
    reader = read(wordy)
    assert len(reader.pages) == 2
    assert "測定方法" in "".join(reader.pages[1].extract_text().split())
    assert drawn_height(wordy) >= drawn_height(STORY) > 150


def drawn_height(story) -> float:
    """How high the first picture is drawn, in points."""
    tall = SQUARE._replace(before=Image.new("RGBA", (100, 300), "red"), after=Image.new("RGBA", (100, 300), "blue"))
    content = read(story, tall).pages[0].get_contents().get_data().decode("latin-1")
    return float(content.split(" cm /I1 Do")[0].split()[-3])
