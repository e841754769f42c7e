"""A sheet of A4: the verdict and its figures, the two pictures, how it was measured, and what makes it again.

Where there is much to say of the measuring it goes to the back, so that the pictures keep their room.
"""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF
from PIL import Image

from latentdemo.export.story import INK, MUTED, PAPER, RULE, SHARES, TEAL, WHITE, Card, Pair, Section, Story, Table
from latentdemo.export.typeset import fitting_size, wrap
from latentdemo.fonts import FONT
from latentdemo.typography import unparted

MARGIN, GAP = 42.0, 12.0  # In points.
TITLE, BODY, SMALL, SMALLEST = 20.0, 12.0, 9.0, 7.5
SPACING = 1.4  # The height of a line, in sizes of its type.
CARD, ROW = 70.0, 16.0  # Their heights.
PICTURES = 200.0  # The pictures have so much of the height at least.
BAND = 8.0  # The height of the colour along the upper edge.
FACE = "shipped"


def pdf_bytes(story: Story, pair: Pair) -> bytes:
    """The sheet as a PDF file with its typeface embedded."""
    page = Handout(story)
    page.head()
    page.figures()
    page.foot()
    page.pictures(pair)
    page.back()
    return bytes(page.pdf.output())


class Handout:
    """The front, filled from above and from below; the pictures take what is left between. Then the back.

    Args:
        story: what it says.

    Attributes:
        pdf: the document.
        top, bottom: where the free part of the page begins and ends, in points from the upper edge.
        left_over: what the front has no room for.
    """

    def __init__(self, story: Story) -> None:
        self.story = story
        self.pdf = FPDF(unit="pt", format="A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.add_font(FACE, fname=FONT)
        self.pdf.set_title(f"{story.title}: {story.model}")
        self.pdf.set_author("latentdemo")
        self.pdf.set_lang(story.language)
        self.pdf.add_page()
        self.width = self.pdf.w - 2 * MARGIN
        self.top, self.bottom = MARGIN, self.pdf.h - MARGIN
        self.left_over: list[Section] = []

    def head(self) -> None:
        """Title, model and verdict."""
        self.block(0, 0, self.pdf.w, BAND, TEAL)
        self.top += self.text(self.story.title, MARGIN, self.top, self.width, TITLE)
        self.top += self.text(self.story.model, MARGIN, self.top, self.width, BODY, TEAL) + GAP
        height = self.height(self.story.verdict, self.width - 2 * GAP, BODY) + 1.5 * GAP
        self.block(MARGIN, self.top, self.width, height, TEAL)
        self.text(self.story.verdict, MARGIN + GAP, self.top + 0.75 * GAP, self.width - 2 * GAP, BODY, WHITE)
        self.top += height + GAP

    def figures(self) -> None:
        """Cards, and the table of ways to sample."""
        if self.story.cards:
            width = (self.width - GAP * (len(self.story.cards) - 1)) / len(self.story.cards)
            for column, card in enumerate(self.story.cards):
                self.card(card, MARGIN + column * (width + GAP), width)
            self.top += CARD + GAP
        if self.story.table:
            self.table(self.story.table)
            self.top += GAP

    def foot(self) -> None:
        """How it was measured, if there is room, and the settings, along the lower edge."""
        story = self.story
        settings = "  ·  ".join(f"{name}: {value}" for name, value in story.settings)
        how = tuple(each for each in (settings, story.repeat, story.link) if each)
        for section in (Section(story.settings_title, how), story.method):
            if not section.points:
                continue
            height = self.section_height(section) + GAP
            if self.bottom - height - self.top < PICTURES:
                self.left_over.append(section)
            else:
                self.section(section, self.bottom - height + GAP)
                self.bottom -= height

    def back(self) -> None:
        """What the front had no room for, on a page of its own."""
        if not self.left_over:
            return
        self.pdf.add_page()
        self.top = MARGIN
        for section in self.left_over:
            self.section(section, self.top)
            self.top += self.section_height(section) + GAP

    def pictures(self, pair: Pair) -> None:
        """Both pictures under their captions, in what is left, and where there is room below, what was done."""
        captions = (self.story.before, self.story.after)
        height = self.bottom - self.top - GAP
        if pair.wide:
            for picture, caption in zip(pair, captions, strict=True):
                self.top += self.picture(picture, caption, MARGIN, self.top, self.width, height / 2) + GAP
        else:
            width = (self.width - GAP) / 2
            places = (MARGIN, MARGIN + width + GAP)
            self.top += GAP + max(
                self.picture(picture, caption, x, self.top, width, height)
                for x, picture, caption in zip(places, pair, captions, strict=True)
            )
        if self.section_height(self.story.remedy) <= self.bottom - self.top:
            self.section(self.story.remedy, self.top)

    def picture(self, picture: Image.Image, caption: str, x: float, y: float, width: float, height: float) -> float:
        """A picture in its own proportions, under its caption; returns the height of both."""
        used = self.text(caption, x, y, width, SMALL, MUTED) + 2
        scale = min(width / picture.width, (height - used) / picture.height)
        flat = Image.new("RGB", picture.size, "white")  # Without transparency, which some printers stumble over.
        flat.paste(picture, mask=picture.getchannel("A") if "A" in picture.getbands() else None)
        across, down = scale * picture.width, scale * picture.height
        self.pdf.image(flat, x, y + used, across, down, alt_text=f"{self.story.model}: {caption}")
        return used + down

    def card(self, card: Card, x: float, width: float) -> None:
        """A figure by itself."""
        self.block(x, self.top, width, CARD, PAPER)
        inner = width - 12
        self.line(card.label, x + 6, self.top + 5, inner, SMALLEST, MUTED)
        self.line(card.value, x + 6, self.top + 17, inner, 14, TEAL)
        self.text(card.note, x + 6, self.top + 38, inner, SMALLEST, MUTED)

    def table(self, table: Table) -> None:
        """Ways to sample; the advised one stands out."""
        places = [MARGIN + sum(SHARES[:column]) * self.width for column in range(len(SHARES))]
        for index, texts in enumerate((table.header, *table.rows)):
            advised = table.advised is not None and index == table.advised + 1
            if advised:
                self.block(MARGIN, self.top, self.width, ROW, PAPER)
            colour = MUTED if index == 0 else TEAL if advised else INK
            for text, x, share in zip(texts, places, SHARES, strict=True):
                self.line(text, x + 4, self.top + 2, share * self.width - 8, SMALL, colour)
            self.top += ROW
            self.block(MARGIN, self.top - 0.25, self.width, 0.5, RULE)

    def section(self, section: Section, y: float) -> None:
        """A heading and its sentences, from a place downwards."""
        y += self.text(section.title, MARGIN, y, self.width, SMALL, TEAL)
        for point in section.points:
            y += self.text(point, MARGIN, y, self.width, SMALLEST, MUTED)

    def section_height(self, section: Section) -> float:
        """How high that stands."""
        return SMALL * SPACING + sum(self.height(point, self.width, SMALLEST) for point in section.points)

    def text(self, text: str, x: float, y: float, width: float, size: float, colour: str = INK) -> float:
        """Lines of text from a place downwards; returns their height."""
        lines = wrap(text, width, size)
        self.write(lines, x, y, size, colour)
        return len(lines) * size * SPACING

    def line(self, text: str, x: float, y: float, width: float, size: float, colour: str) -> None:
        """A text on a single line, smaller where it would not fit."""
        fitted = fitting_size([text], width, size * SPACING, size, SPACING)
        self.write([unparted(text)], x, y + (size - fitted) * SPACING / 2, fitted, colour)

    def write(self, lines: Sequence[str], x: float, y: float, size: float, colour: str) -> None:
        """Put lines under each other."""
        self.pdf.set_font(FACE, size=size)
        self.pdf.set_text_color(f"#{colour}")
        for row, line in enumerate(lines):
            self.pdf.text(x, y + row * size * SPACING + size * 1.08, line)

    def height(self, text: str, width: float, size: float) -> float:
        """How high a text stands."""
        return len(wrap(text, width, size)) * size * SPACING

    def block(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        self.pdf.set_fill_color(f"#{colour}")
        self.pdf.rect(x, y, width, height, "F")
