"""The slides, opened as PowerPoint opens them."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from PIL import Image
from pptx import Presentation
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.util import Inches

from latentdemo.export.deck import deck_bytes
from latentdemo.export.slide_parts import SPACING
from latentdemo.export.slide_template import HEIGHT, WIDTH
from latentdemo.export.story import Bar, Bars, Pair, Section
from latentdemo.export.typeset import wrap
from tests.export.runs import STORY, VERDICT

SQUARE = Pair(Image.new("RGBA", (300, 300), "red"), Image.new("RGBA", (300, 300), "blue"))
WIDE = Pair(Image.new("RGBA", (900, 100), "red"), Image.new("RGBA", (900, 100), "blue"))
UNMEASURED = STORY._replace(
    verdict="このモデルはまだ評価されていません。", chart=None, table=None, cards=(), method=Section("測定方法", ())
)
LONG = STORY._replace(
    verdict=VERDICT * 3, title=STORY.title * 2, decision=Section("判断", ("長い説明が続きます。" * 20,) * 5)
)
EVERY = pytest.mark.parametrize("story", [STORY, UNMEASURED, LONG], ids=["measured", "unmeasured", "long"])


def opened(story=STORY, pair: Pair = SQUARE):
    return Presentation(io.BytesIO(deck_bytes(story, pair)))


def text_of(slide) -> str:
    return "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame).replace("\u00a0", " ")


def runs_of(slide):
    return [
        run
        for shape in slide.shapes
        if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
    ]


def test_five_wide_slides_with_titles_in_the_language_of_the_page() -> None:
    deck = opened()
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, rel=1e-3)
    assert [slide.shapes.title.text for slide in deck.slides] == [
        STORY.title, "問い", "対策", "根拠", "判断"
    ]  # fmt: skip
    assert deck.core_properties.title == STORY.title
    for slide in deck.slides:
        written = [run for run in runs_of(slide) if run.text]
        assert written
        assert {run.font.language_id for run in written} == {MSO_LANGUAGE_ID.JAPANESE}


def test_text_can_be_edited_and_saved_again() -> None:
    deck = opened()
    deck.slides[0].shapes.title.text_frame.text = "another title"
    again = io.BytesIO()
    deck.save(again)
    assert Presentation(again).slides[0].shapes.title.text == "another title"


def test_every_slide_has_notes_with_settings_and_link() -> None:
    for slide in opened().slides:
        notes = slide.notes_slide.notes_text_frame.text
        assert "シード: 7" in notes
        assert STORY.link in notes
        assert "rerun run.json" in notes
    assert STORY.method.points[0] in notes  # of the last slide


def test_pictures_are_described_and_keep_their_proportions() -> None:
    for pair in (SQUARE, WIDE):
        pictures = [shape for slide in opened(pair=pair).slides for shape in slide.shapes if hasattr(shape, "image")]
        assert len(pictures) == 4
        for picture in pictures:
            assert "Fashion-MNIST" in picture._element.xpath(".//p:cNvPr")[0].get("descr")
            proportion = pair.before.width / pair.before.height
            assert picture.width / picture.height == pytest.approx(proportion, rel=0.01)


def test_the_evidence_is_a_native_chart_and_table() -> None:
    slide = opened().slides[3]
    chart = next(shape.chart for shape in slide.shapes if shape.has_chart)
    series = chart.plots[0].series[0]
    assert series.name == "基本チェーン"
    assert list(series.values) == [0, 59.4]  # up to 10 steps
    table = next(shape.table for shape in slide.shapes if shape.has_table)
    cells = [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows]
    assert tuple(cells[0]) == STORY.table.header
    assert cells[2] == ["基本チェーン", "3", "59 % ± 2 %", "0.56 ± 0.01", "2.0"]


def test_shares_are_native_bars_with_their_intervals() -> None:
    shares = Bars("選ばれた割合", (Bar("事前分布", "8a929c", 12.5, 5, 41), Bar("混合分布", "56b4e9", 87.5, 59, 95)))
    slide = opened(STORY._replace(chart=shares)).slides[3]
    chart = next(shape.chart for shape in slide.shapes if shape.has_chart)
    assert [*chart.plots[0].categories] == ["事前分布", "混合分布"]
    [series] = chart.plots[0].series
    assert [*series.values] == [12.5, 87.5]
    ends = [[float(each.text) for each in series._element.xpath(f".//c:{end}//c:v")] for end in ("minus", "plus")]
    assert ends == [[7.5, 28.5], [28.5, 7.5]]


def test_a_model_without_an_evaluation_has_slides_that_say_so() -> None:
    deck = opened(UNMEASURED)
    assert len(deck.slides) == 5
    assert not any(shape.has_chart or shape.has_table for slide in deck.slides for shape in slide.shapes)
    for number in (0, 3, 4):
        assert "まだ評価されていません" in text_of(deck.slides[number])


@EVERY
@pytest.mark.parametrize("pair", [SQUARE, WIDE], ids=["square", "wide"])
def test_nothing_leaves_the_slide(story, pair) -> None:
    for slide in opened(story, pair).slides:
        for shape in slide.shapes:
            assert min(shape.left, shape.top) >= 0
            assert shape.left + shape.width <= Inches(WIDTH) + 10
            assert shape.top + shape.height <= Inches(HEIGHT) + 10


@EVERY
def test_text_stays_in_its_box(story) -> None:
    for slide in opened(story).slides:
        for shape in slide.shapes:
            written = [each for each in shape.text_frame.paragraphs if each.runs] if shape.has_text_frame else []
            if not written:
                continue
            width = (shape.width - shape.text_frame.margin_left - shape.text_frame.margin_right) / Inches(1) * 72
            used = 0.0
            for paragraph in written:
                size = paragraph.runs[0].font.size.pt
                used += len(wrap(paragraph.text, width, size)) * size * SPACING + paragraph.space_after.pt
            room = (shape.height - shape.text_frame.margin_top - shape.text_frame.margin_bottom) / Inches(1) * 72
            assert used - paragraph.space_after.pt <= room + 1, paragraph.text


def test_texts_do_not_lie_over_each_other() -> None:
    for slide in opened().slides:
        boxes = [shape for shape in slide.shapes if shape.has_text_frame and shape.text_frame.text]
        column = sorted((shape for shape in boxes if shape.left == boxes[0].left), key=lambda shape: shape.top)
        for above, below in pairwise(column):
            assert above.top + above.height <= below.top + 10


def test_what_is_added_later_has_the_same_typefaces() -> None:
    theme = opened().slide_master.part.part_related_by(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"
    )
    assert b"Yu Gothic" in theme.blob
    assert b"0f766e" in theme.blob
