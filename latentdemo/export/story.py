"""What deck and PDF tell of a model and of the run on screen, or of a review, in words that are ready to be read."""

from __future__ import annotations

from typing import NamedTuple

from PIL import Image

TEAL, INK, MUTED, RULE, PAPER, WHITE = "0f766e", "1f2937", "5b6672", "d9dfe5", "f4f6f8", "ffffff"
"""The colours of the screens, light (`.streamlit/config.toml`)."""
SHARES = (0.35, 0.10, 0.22, 0.18, 0.15)  # Each column has this share of the width of the table.

STEPS_SHOWN = 10  # The chart ends here.
LEAST_SHOWN = -50  # In per cent; the chart begins here, so that a curve that falls does not flatten the others.


class Section(NamedTuple):
    """A heading, and a sentence or two for each point under it."""

    title: str
    points: tuple[str, ...]


class Card(NamedTuple):
    """A figure that stands by itself: what it is, how large, and what to know about it."""

    label: str
    value: str
    note: str


class Line(NamedTuple):
    """A line of the chart.

    Attributes:
        label: in words.
        colour: six hexadecimal digits.
        shape: of its marks, as `latentdemo.ui.components.charts.STYLES` has them.
        dashed: whether it is a variant of another line.
        points: (steps, per cent), ascending.
    """

    label: str
    colour: str
    shape: str
    dashed: bool
    points: tuple[tuple[float, float], ...]


class Chart(NamedTuple):
    """Quality gap closed against steps: titles of both axes, and the lines."""

    x_title: str
    y_title: str
    lines: tuple[Line, ...]


class Bar(NamedTuple):
    """A bar of a chart.

    Attributes:
        label: in words.
        colour: six hexadecimal digits.
        value: in per cent.
        low, high: ends of its interval.
    """

    label: str
    colour: str
    value: float
    low: float
    high: float


class Bars(NamedTuple):
    """Shares of 0 to 100 % under each other: what they are shares of, and the bars from the top."""

    title: str
    bars: tuple[Bar, ...]


class Table(NamedTuple):
    """Ways to sample and their figures.

    Attributes:
        header: of the five columns: the way, a count, and figures, of which the last is the cost.
        rows: as many texts each.
        advised: index of the row to point out; None where there is none.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    advised: int | None


class Story(NamedTuple):
    """Everything that is said; of plain values, so that equal ones give the same files.

    Attributes:
        language: its code, such as "ja".
        title: of the whole.
        model: its name in words.
        verdict: one sentence, or why there is none.
        question, remedy, evidence, decision: what the slides say, each under its heading.
        before, after: captions of the two pictures.
        chart, table, cards: figures of the evaluation or the review; none where there are none.
        method: how these were measured, under its heading.
        settings: name and value of what fixes the run or the review, under their heading.
        repeat: how the pictures, or more of them, are made; empty where nothing says so.
        link: the address that shows the same page.
    """

    language: str
    title: str
    model: str
    verdict: str
    question: Section
    remedy: Section
    evidence: Section
    decision: Section
    before: str
    after: str
    chart: Chart | Bars | None
    table: Table | None
    cards: tuple[Card, ...]
    method: Section
    settings_title: str
    settings: tuple[tuple[str, str], ...]
    repeat: str
    link: str


class Pair(NamedTuple):
    """Two sheets of one size: at step 0 and at the step that is shown beside it, or of two ways of a review."""

    before: Image.Image
    after: Image.Image

    @property
    def wide(self) -> bool:
        """Whether they are better put above each other."""
        return self.before.width > 2 * self.before.height
