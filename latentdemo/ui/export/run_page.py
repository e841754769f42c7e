"""A run as a page that is taken away: the verdict, what is on screen, the evidence, and what fixes the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PIL import Image

from latentdemo.evaluation.report import Report
from latentdemo.export.bundle import Bundle
from latentdemo.export.story import Story
from latentdemo.ui.components.player import Scene
from latentdemo.ui.components.wipe import Side
from latentdemo.ui.evaluation.in_short import gain_chart, gain_in_words, gain_legend, how_many
from latentdemo.ui.export.drawing import drawing
from latentdemo.ui.export.page import Body, Screen, page_bytes
from latentdemo.ui.export.pieces import files_of, grouped, link, played, tabled, text, wiped
from latentdemo.ui.i18n.words import _, in_language


def run_page(
    bundle: Bundle, report: Report | None, scene: Scene | None = None, sheet: Image.Image | None = None
) -> bytes:
    """The page as an HTML file, in the language of the story.

    Args:
        bundle: the run.
        report: the model's evaluation.
        scene: what the player shows of it; None shows a line to drag between step 0 and whatever else is shown.
        sheet: the frames of that scene.
    """
    story = bundle.story
    with in_language(story.language):
        shown = played(scene, sheet) if scene and sheet else before_and_after(bundle)
        html = grouped("stack", [text(story.verdict), shown, *evidence(story, report)])
        body = Body(story.title, story.model, [Screen("", html)], foot(story.settings, way_back(story.link)))
    return page_bytes({story.language: body})


def before_and_after(bundle: Bundle) -> str:
    """A line to drag between step 0 and whatever else is shown."""
    story = bundle.story
    others, at = bundle.compared()
    captions, pictures = zip((story.before, bundle.sheets()[0]), *others, strict=True)
    before, *afters = (
        Side(caption, f"{story.model}: {caption}", file)
        for caption, file in zip(captions, files_of(pictures), strict=True)
    )
    return wiped(before, afters, at)


def evidence(story: Story, report: Report | None) -> Iterator[str]:
    """What is gained, as curves and in figures; nothing where the model was not evaluated."""
    if report is None:
        return
    yield text(story.evidence.title, "h2")
    yield curves(report)
    if story.table:
        yield tabled(story.table)
    yield from (text(point, kind="small") for point in (*story.evidence.points, *story.method.points))


def curves(report: Report) -> str:
    """Two curves under what they are."""
    caption = text(how_many(report), kind="small")
    return f"<figure>{gain_legend(report)}{drawing(gain_chart(report), gain_in_words(report))}{caption}</figure>"


def foot(settings: Iterable[tuple[str, str]], back: str) -> str:
    """What fixes the run, name and value, and the way back."""
    return text(" · ".join(f"{name}: {value}" for name, value in settings)) + back


def way_back(address: str) -> str:
    """A link to what a page was taken away from; nothing where that was in no browser."""
    return link(_("Open in the demo"), address, "address") if address else ""
