"""Parts of slides: text that fits and can be edited, panels, cards, pictures, native charts and tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from latentdemo.export.slide_template import HEIGHT, MARGIN, WIDTH, Box, dress, widen
from latentdemo.export.story import (
    INK,
    LEAST_SHOWN,
    MUTED,
    PAPER,
    RULE,
    SHARES,
    STEPS_SHOWN,
    TEAL,
    WHITE,
    Bars,
    Card,
    Chart,
    Line,
    Section,
    Story,
    Table,
)
from latentdemo.export.typeset import fitting_size
from latentdemo.imaging import png_bytes
from latentdemo.typography import unparted

TITLE_ONLY = 5  # The layout of python-pptx's own template with a title and nothing else.
LANGUAGES = {"en": MSO_LANGUAGE_ID.ENGLISH_US, "ja": MSO_LANGUAGE_ID.JAPANESE}
TITLE, BODY, CAPTION, SMALL = 30, 20, 16, 12  # In points.
SPACING = 1.25  # The height of a line, in sizes of its type. It is fixed, for the fonts' own differ widely.
POINT = 72.0  # So many are an inch.
FIELD = "{5B3C4D5E-0000-4000-8000-0000000000A1}"  # It identifies the number of the slide, as the format asks.
MARKERS = {
    "circle": XL_MARKER_STYLE.CIRCLE,
    "square": XL_MARKER_STYLE.SQUARE,
    "triangle-up": XL_MARKER_STYLE.TRIANGLE,
    "diamond": XL_MARKER_STYLE.DIAMOND,
    "triangle-down": XL_MARKER_STYLE.X,
    "cross": XL_MARKER_STYLE.PLUS,
}


class Slides:
    """A presentation that grows by slides and their parts.

    Args:
        story: whose model, language and settings stand on every slide and in its notes.
    """

    def __init__(self, story: Story) -> None:
        self.story = story
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
        return [each for each in (story.settings_title, *lines, story.repeat, story.link) if each]

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
        room = 0.5 * size * (len(paragraphs) - 1)  # Between paragraphs, at most.
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
        block._element.remove(block._element.find(qn("p:style")))  # It brings a shadow.
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
        drawn.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW  # Below the plot, not at its zero.
        for series, line in zip(drawn.plots[0].series, chart.lines, strict=True):
            style(series, line)

    def bars(self, slide: Any, box: Box, chart: Bars) -> None:
        """Shares as bars with their intervals, as a chart that PowerPoint can edit."""
        data = CategoryChartData(number_format='0" %"')
        data.categories = [bar.label for bar in chart.bars]
        data.add_series(chart.title, [bar.value for bar in chart.bars])
        frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *box.emu, data)
        describe(frame, f"{self.story.model}: {chart.title}")
        drawn = frame.chart
        drawn.font.size, drawn.font.color.rgb = Pt(SMALL), RGBColor.from_string(INK.upper())
        drawn.has_title, drawn.has_legend = False, False
        drawn.category_axis.reverse_order = True  # The first bar stands at the top,
        drawn.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # and the numbers below the last.
        drawn.value_axis.minimum_scale, drawn.value_axis.maximum_scale, drawn.value_axis.major_unit = 0, 100, 25
        drawn.value_axis.has_title = True
        self.axis_title(drawn.value_axis, chart.title)
        drawn.value_axis.format.line.fill.background()
        drawn.value_axis.major_gridlines.format.line.color.rgb = RGBColor.from_string(RULE.upper())
        plot = drawn.plots[0]
        plot.gap_width = 60
        for index, bar in enumerate(chart.bars):
            fill = plot.series[0].points[index].format.fill
            fill.solid()
            fill.fore_color.rgb = RGBColor.from_string(bar.colour.upper())
        plot.series[0]._element.find(qn("c:cat")).addprevious(intervals(chart))

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


def intervals(chart: Bars) -> Any:
    """The intervals of bars, which python-pptx has no words for."""

    def ends(name: str, lengths: list[float]) -> str:
        points = "".join(f'<c:pt idx="{index}"><c:v>{length:.2f}</c:v></c:pt>' for index, length in enumerate(lengths))
        return f'<c:{name}><c:numLit><c:ptCount val="{len(lengths)}"/>{points}</c:numLit></c:{name}>'

    above = ends("plus", [bar.high - bar.value for bar in chart.bars])
    below = ends("minus", [bar.value - bar.low for bar in chart.bars])
    return parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errBarType val="both"/><c:errValType val="cust"/>{above}{below}'
        f'<c:spPr><a:ln w="19050"><a:solidFill><a:srgbClr val="{INK}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
    )


def describe(shape: Any, text: str) -> None:
    """Alternative text, for those who do not see the shape."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", text)
