"""Five slides in 16:9 with text that can be edited, a native chart and table, pictures, and notes for the speaker."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from lxml import etree
from PIL import Image
from pptx import Presentation
from pptx.chart.data import XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from latentdemo.export.story import (
    INK,
    MUTED,
    PAPER,
    RULE,
    SHARES,
    TEAL,
    WHITE,
    Card,
    Chart,
    Line,
    Pair,
    Section,
    Story,
    Table,
)
from latentdemo.export.typeset import fitting_size, unparted
from latentdemo.imaging import png_bytes

WIDTH, HEIGHT = 13.333, 7.5  # inches
MARGIN = 0.6
TEMPLATE_WIDTH = 10.0  # of python-pptx's own template, which is 4:3
TITLE_ONLY = 5  # its layout with a title and nothing else
LATIN_FONT, JAPANESE_FONT = "Calibri", "Yu Gothic"  # both come with PowerPoint
LANGUAGES = {"en": MSO_LANGUAGE_ID.ENGLISH_US, "ja": MSO_LANGUAGE_ID.JAPANESE}
TITLE, BODY, CAPTION, SMALL = 30, 20, 16, 12  # points
SPACING = 1.25  # height of a line in sizes, fixed: the fonts' own differ widely
POINT = 72.0  # in an inch
STEPS_SHOWN = 10  # on the chart
LEAST_SHOWN = -25  # per cent on the chart
FIELD = "{5B3C4D5E-0000-4000-8000-0000000000A1}"  # identifies the number of the slide, as the format asks
MARKERS = {
    "circle": XL_MARKER_STYLE.CIRCLE,
    "square": XL_MARKER_STYLE.SQUARE,
    "triangle-up": XL_MARKER_STYLE.TRIANGLE,
    "diamond": XL_MARKER_STYLE.DIAMOND,
    "triangle-down": XL_MARKER_STYLE.X,
    "cross": XL_MARKER_STYLE.PLUS,
}


class Box(NamedTuple):
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def emu(self) -> tuple[int, int, int, int]:
        """As python-pptx takes it."""
        return tuple(Inches(each) for each in self)  # type: ignore[return-value]


CONTENT = Box(MARGIN, 1.5, WIDTH - 2 * MARGIN, HEIGHT - 1.5 - 0.75)  # between title and footer


def deck_bytes(story: Story, pair: Pair) -> bytes:
    """The deck as a PPTX file."""
    deck = Deck(story, pair)
    deck.opening()
    deck.question()
    deck.remedy()
    deck.evidence()
    deck.decision()
    return deck.save()


class Deck:
    """The slides, one method each.

    Args:
        story: what they say.
        pair: what they show.
    """

    def __init__(self, story: Story, pair: Pair) -> None:
        self.story = story
        self.pair = pair
        self.presentation = Presentation()
        widen(self.presentation)
        dress(self.presentation)
        properties = self.presentation.core_properties
        properties.title, properties.author, properties.language = story.title, "latentdemo", story.language

    def save(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        self.presentation.save(buffer)
        return buffer.getvalue()

    def opening(self) -> None:
        """What it is about, and the verdict."""
        story = self.story
        slide = self.slide(story.title, Box(MARGIN, 0.5, WIDTH - 2 * MARGIN, 0.9), 40, (story.verdict,))
        self.text(slide, Box(MARGIN, 1.45, 6.4, 0.5), [story.model], 24, TEAL)
        if self.pair.wide:
            panel, picture = above(Box(MARGIN, 2.35, CONTENT.width, 4.3), 1.8)
        else:
            panel, picture = Box(MARGIN, 2.35, 6.4, 3.2), Box(7.5, 1.5, WIDTH - MARGIN - 7.5, 5.2)
        self.panel(slide, panel, story.verdict, 26)
        self.captioned(slide, picture, self.pair.after, story.after)

    def question(self) -> None:
        """What is wrong with samples straight from the prior."""
        slide = self.content_slide(self.story.question)
        if self.pair.wide:
            text, picture = above(CONTENT, 2.2)
        else:
            text, picture = beside(CONTENT, 6.6)
        self.points(slide, text, self.story.question.points)
        self.captioned(slide, picture, self.pair.before, self.story.before)

    def remedy(self) -> None:
        """Before and after."""
        slide = self.content_slide(self.story.remedy)
        if self.pair.wide:
            text, pictures = above(CONTENT, 1.6)
            halves = above(pictures, pictures.height / 2 - 0.1)
        else:
            text, pictures = beside(CONTENT, 3.3)
            halves = beside(pictures, pictures.width / 2 - 0.2)
        self.points(slide, text, self.story.remedy.points)
        for box, picture, caption in zip(halves, self.pair, (self.story.before, self.story.after), strict=True):
            self.captioned(slide, box, picture, caption)

    def evidence(self) -> None:
        """Chart and table; what there is to say where a model was not evaluated."""
        story = self.story
        slide = self.content_slide(story.evidence)
        if story.table is None:
            self.panel(slide, Box(CONTENT.left, CONTENT.top, CONTENT.width, 1.6), story.verdict)
            return
        figures, text = above(CONTENT, 4.35)
        chart, table = beside(figures, 5.0)
        if story.chart:
            self.chart(slide, chart, story.chart)
        self.table(slide, table if story.chart else figures, story.table)
        self.text(slide, text, list(story.evidence.points), SMALL + 1, MUTED)

    def decision(self) -> None:
        """The verdict, its figures, and how they were measured."""
        story = self.story
        slide = self.content_slide(story.decision, story.method.points)
        self.panel(slide, Box(CONTENT.left, CONTENT.top, CONTENT.width, 1.05), story.verdict)
        for column, card in enumerate(story.cards):
            width = (CONTENT.width - 0.2 * (len(story.cards) - 1)) / len(story.cards)
            self.card(slide, Box(CONTENT.left + column * (width + 0.2), 2.7, width, 1.45), card)
        lower = Box(CONTENT.left, 4.35 if story.cards else 2.8, CONTENT.width, 2.45)
        self.points(slide, lower, story.decision.points, CAPTION)

    def content_slide(self, section: Section, aside: Sequence[str] = ()) -> Any:
        """A slide under its heading; what is said aside stands in the notes only."""
        return self.slide(section.title, Box(MARGIN, 0.45, WIDTH - 2 * MARGIN, 0.85), TITLE, (*section.points, *aside))

    def slide(self, title: str, box: Box, size: float, spoken: Sequence[str]) -> Any:
        """A slide with a title, a footer, and notes."""
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[TITLE_ONLY])
        heading = slide.shapes.title
        heading.left, heading.top, heading.width, heading.height = box.emu
        self.write(heading.text_frame, box, [title], size, INK, bold=True)
        heading.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        self.block(slide, Box(0, 0, 0.16, HEIGHT), TEAL)
        self.footer(slide)
        notes = slide.notes_slide.notes_text_frame
        notes.text = "\n".join([*spoken, "", *self.facts()])
        for paragraph in notes.paragraphs:
            for run in paragraph.runs:
                run.font.language_id = LANGUAGES[self.story.language]
        return slide

    def facts(self) -> list[str]:
        """What fixes the pictures and how they are made again, for the notes."""
        story = self.story
        lines = [f"{name}: {value}" for name, value in story.settings]
        return [story.settings_title, *lines, story.repeat, story.link]

    def footer(self, slide: Any) -> None:
        """The model, and the number of the slide as a field that PowerPoint keeps right."""
        self.text(slide, Box(MARGIN, HEIGHT - 0.55, 9.0, 0.35), [f"latentdemo · {self.story.model}"], SMALL, MUTED)
        shape = self.text(slide, Box(WIDTH - MARGIN - 1, HEIGHT - 0.55, 1.0, 0.35), [""], SMALL, MUTED)
        paragraph = shape.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT
        number = len(self.presentation.slides)
        colour = f'<a:solidFill><a:srgbClr val="{MUTED}"/></a:solidFill>'
        field = f'<a:fld {nsdecls("a")} id="{FIELD}" type="slidenum"><a:rPr sz="{100 * SMALL}">{colour}</a:rPr>'
        paragraph._p.append(parse_xml(f"{field}<a:t>{number}</a:t></a:fld>"))

    def points(self, slide: Any, box: Box, points: Sequence[str], size: float = BODY) -> None:
        """Points as a list."""
        shape = self.text(slide, box, list(points), size)
        for paragraph in shape.text_frame.paragraphs:
            style = paragraph._p.get_or_add_pPr()
            style.set("marL", str(Inches(0.25)))
            style.set("indent", str(-Inches(0.25)))
            colour = f'<a:buClr {nsdecls("a")}><a:srgbClr val="{TEAL}"/></a:buClr>'
            for part in (
                colour,
                f'<a:buFont {nsdecls("a")} typeface="Arial"/>',
                f'<a:buChar {nsdecls("a")} char="•"/>',
            ):
                style.append(parse_xml(part))
            paragraph.space_after = Pt(size / 2)

    def text(self, slide: Any, box: Box, paragraphs: list[str], size: float, colour: str = INK) -> Any:
        """A text box, its type as large as fits."""
        shape = slide.shapes.add_textbox(*box.emu)
        self.write(shape.text_frame, box, paragraphs, size, colour)
        return shape

    def write(
        self,
        frame: Any,
        box: Box,
        paragraphs: list[str],
        size: float,
        colour: str,
        *,
        bold: bool = False,
        inset: float = 0,
    ) -> None:
        """Fill a frame with paragraphs."""
        room = 0.5 * size * (len(paragraphs) - 1)  # between paragraphs, at most
        width, height = (box.width - 2 * inset - 0.25) * POINT, (box.height - inset) * POINT - room
        points = fitting_size(paragraphs, width, height, size, SPACING)
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = Inches(inset)
        frame.margin_top = frame.margin_bottom = Inches(inset / 2)
        for index, text in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.line_spacing = Pt(points * SPACING)
            paragraph.space_after = Pt(points / 3)
            paragraph.alignment = PP_ALIGN.LEFT
            run = paragraph.add_run()
            run.text = unparted(text)
            run.font.size, run.font.bold = Pt(points), bold
            run.font.color.rgb = RGBColor.from_string(colour.upper())
            run.font.language_id = LANGUAGES[self.story.language]

    def block(self, slide: Any, box: Box, colour: str, shape: MSO_SHAPE = MSO_SHAPE.RECTANGLE) -> Any:
        """A filled shape without an outline."""
        block = slide.shapes.add_shape(shape, *box.emu)
        block.fill.solid()
        block.fill.fore_color.rgb = RGBColor.from_string(colour.upper())
        block.line.fill.background()
        block._element.remove(block._element.find(qn("p:style")))  # it brings a shadow
        return block

    def panel(self, slide: Any, box: Box, text: str, size: float = BODY + 2) -> None:
        """A sentence that counts."""
        panel = self.block(slide, box, TEAL)
        self.write(panel.text_frame, box, [text], size, WHITE, inset=0.25)
        panel.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE

    def card(self, slide: Any, box: Box, card: Card) -> None:
        """A figure by itself."""
        self.block(slide, box, PAPER)
        left, width = box.left + 0.15, box.width - 0.3
        self.text(slide, Box(left, box.top + 0.12, width, 0.3), [card.label], 14, MUTED)
        self.text(slide, Box(left, box.top + 0.42, width, 0.5), [card.value], 24, TEAL)
        self.text(slide, Box(left, box.top + 0.92, width, 0.45), [card.note], SMALL, MUTED)

    def captioned(self, slide: Any, box: Box, picture: Image.Image, caption: str) -> None:
        """A picture in its own proportions under its caption."""
        self.text(slide, Box(box.left, box.top, box.width, 0.35), [caption], CAPTION, MUTED)
        room = Box(box.left, box.top + 0.42, box.width, box.height - 0.42)
        scale = min(room.width / picture.width, room.height / picture.height)
        shape = slide.shapes.add_picture(
            io.BytesIO(png_bytes(picture)),
            *(Inches(each) for each in (room.left, room.top, scale * picture.width, scale * picture.height)),
        )
        describe(shape, f"{self.story.model}: {caption}")

    def chart(self, slide: Any, box: Box, chart: Chart) -> None:
        """Lines with marks, as a chart that PowerPoint can edit."""
        data = XyChartData()
        for line in chart.lines:
            series = data.add_series(line.label)
            for steps, share in line.points:
                if steps <= STEPS_SHOWN:
                    series.add_data_point(steps, round(share, 1))
        frame = slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES, *box.emu, data)
        describe(frame, f"{self.story.model}: {chart.y_title}")
        drawn = frame.chart
        drawn.font.size, drawn.font.color.rgb = Pt(SMALL), RGBColor.from_string(INK.upper())
        drawn.has_title, drawn.has_legend = False, True
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        least = min((share for line in chart.lines for _steps, share in line.points), default=0.0)
        axes = ((drawn.category_axis, chart.x_title, 0, STEPS_SHOWN, 2, "0"),
                (drawn.value_axis, chart.y_title, LEAST_SHOWN if least < 0 else 0, 100, 25, '0" %"'))  # fmt: skip
        for axis, title, low, high, unit, numbers in axes:
            axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, unit
            axis.has_title, axis.has_major_gridlines = True, axis is drawn.value_axis
            self.axis_title(axis, title)
            axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = numbers, False
            axis.format.line.color.rgb = RGBColor.from_string(MUTED.upper())
        drawn.value_axis.major_gridlines.format.line.color.rgb = RGBColor.from_string(RULE.upper())
        drawn.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW  # below the plot, not at its zero
        for series, line in zip(drawn.plots[0].series, chart.lines, strict=True):
            style(series, line)

    def axis_title(self, axis: Any, title: str) -> None:
        """The title of an axis, no larger than its numbers."""
        frame = axis.axis_title.text_frame
        frame.text = title
        font = frame.paragraphs[0].runs[0].font
        font.size, font.bold, font.language_id = Pt(SMALL), False, LANGUAGES[self.story.language]

    def table(self, slide: Any, box: Box, table: Table) -> None:
        """Ways to sample as a table; the advised one stands out."""
        rows, columns = len(table.rows) + 1, len(table.header)
        frame = slide.shapes.add_table(rows, columns, *box.emu)
        describe(frame, table.header[0])
        grid = frame.table
        grid.horz_banding = False
        for column, share in zip(grid.columns, SHARES, strict=True):
            column.width = Inches(share * box.width)
        for index, texts in enumerate((table.header, *table.rows)):
            grid.rows[index].height = Inches(box.height / rows)
            advised = table.advised is not None and index == table.advised + 1
            for column, text in enumerate(texts):
                cell = grid.cell(index, column)
                cell.fill.solid()
                cell.fill.fore_color.rgb = RGBColor.from_string(
                    (TEAL if index == 0 else PAPER if advised else WHITE).upper()
                )
                cell.vertical_anchor = MSO_ANCHOR.MIDDLE
                room = Box(0, 0, SHARES[column] * box.width, box.height / rows)
                colour = WHITE if index == 0 else TEAL if advised else INK
                self.write(cell.text_frame, room, [text], SMALL, colour, bold=advised or index == 0, inset=0.05)
                cell.margin_left = cell.margin_right = Inches(0.08)


def widen(presentation: Any) -> None:
    """Make the template 16:9, and its placeholders with it."""
    stretch = WIDTH / TEMPLATE_WIDTH
    presentation.slide_width, presentation.slide_height = Inches(WIDTH), Inches(HEIGHT)
    master = presentation.slide_master
    for holder in (master, *master.slide_layouts):
        for place in holder.element.iter(qn("a:off")):
            place.set("x", str(round(stretch * int(place.get("x")))))
        for extent in holder.element.iter(qn("a:ext")):
            if extent.get("cx"):
                extent.set("cx", str(round(stretch * int(extent.get("cx")))))


def dress(presentation: Any) -> None:
    """Give the template the fonts and colours of the screens, so that what is added later looks alike."""
    part = presentation.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme = etree.fromstring(part.blob)
    for fonts in (theme.find(f".//{qn('a:majorFont')}"), theme.find(f".//{qn('a:minorFont')}")):
        fonts.find(qn("a:latin")).set("typeface", LATIN_FONT)
        fonts.find(qn("a:ea")).set("typeface", JAPANESE_FONT)
    for name, colour in (("dk1", INK), ("lt1", WHITE), ("dk2", INK), ("lt2", PAPER), ("accent1", TEAL)):
        entry = theme.find(f".//{qn(f'a:{name}')}")
        entry[:] = [parse_xml(f'<a:srgbClr {nsdecls("a")} val="{colour}"/>')]
    part.blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)


def style(series: Any, line: Line) -> None:
    """Colour, marks and dashes of a line of the chart, as on screen."""
    colour = RGBColor.from_string(line.colour.upper())
    series.smooth = False
    series.format.line.color.rgb, series.format.line.width = colour, Pt(2)
    if line.dashed:
        series.format.line.dash_style = MSO_LINE.DASH
    series.marker.style, series.marker.size = MARKERS.get(line.shape, XL_MARKER_STYLE.CIRCLE), 8
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = colour
    series.marker.format.line.color.rgb = colour


def describe(shape: Any, text: str) -> None:
    """Alternative text, for those who do not see the shape."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", text)


def above(box: Box, height: float) -> tuple[Box, Box]:
    """An upper part of some height, and the rest."""
    rest = box.height - height - 0.2
    return box._replace(height=height), box._replace(top=box.top + height + 0.2, height=rest)


def beside(box: Box, width: float) -> tuple[Box, Box]:
    """A left part of some width, and the rest."""
    rest = box.width - width - 0.4
    return box._replace(width=width), box._replace(left=box.left + width + 0.4, width=rest)
