"""Five slides in 16:9 with text that can be edited, a native chart and table, pictures, and notes for the speaker."""

from __future__ import annotations

from latentdemo.export.slide_parts import CAPTION, SMALL, Slides
from latentdemo.export.slide_template import HEIGHT, MARGIN, WIDTH, Box, above, beside
from latentdemo.export.story import MUTED, TEAL, Bars, Pair, Story

CONTENT = Box(MARGIN, 1.5, WIDTH - 2 * MARGIN, HEIGHT - 1.5 - 0.75)  # Between title and footer.


def deck_bytes(story: Story, pair: Pair) -> bytes:
    """The deck as a PPTX file."""
    deck = Deck(story, pair)
    deck.opening()
    deck.question()
    deck.remedy()
    deck.evidence()
    deck.decision()
    return deck.save()


class Deck(Slides):
    """The slides, one method each.

    Args:
        story: what they say.
        pair: what they show.
    """

    def __init__(self, story: Story, pair: Pair) -> None:
        super().__init__(story)
        self.pair = pair

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
        if isinstance(story.chart, Bars):
            self.bars(slide, chart, story.chart)
        elif story.chart:
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
