"""All files of one run: each by itself, and a ZIP with everything."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from PIL import Image
from torch import Tensor

from latentdemo.export.animation import gif_bytes, mp4_bytes
from latentdemo.export.latents_file import LATENTS, latents_bytes
from latentdemo.export.picture import Sheets, frames_of, picture_of, squared
from latentdemo.export.rerun import PICTURE, RUN
from latentdemo.export.run_file import write_settings
from latentdemo.export.settings import RunSettings
from latentdemo.export.story import Pair, Story
from latentdemo.imaging import enlarged, png_bytes

PRINTED = 900  # Pixels of the longer side on slide or paper: fewer would be blurred when they are enlarged.
README = "README.txt"


class Drawn(NamedTuple):
    """What a branch of a run came to: latents (N, D), and what composes their sheet."""

    latents: Tensor
    sheet: Callable[[], Image.Image]


@dataclass(frozen=True)
class Bundle:
    """What the files are made of.

    Attributes:
        story: what deck and PDF say.
        settings: of the run.
        latents: recorded step -> (N, D).
        sheets: composes a sheet of each recorded step.
        after: the step that deck and PDF show beside step 0.
        frames: composes the frames of the animation; None takes the captioned sheets.
        seconds: how long a frame stays.
        branches: those of `settings.branches`.
        beside: which of the branches deck and PDF show beside step 0, in place of `after`; None for none of them.
        page: composes a web page of all this; None makes none.
    """

    story: Story
    settings: RunSettings
    latents: Mapping[int, Tensor]
    sheets: Callable[[], Sheets]
    after: int
    frames: Callable[[], Sequence[Image.Image]] | None = None
    seconds: float = 1.0
    branches: Sequence[Drawn] = ()
    beside: int | None = None
    page: Callable[[Bundle], bytes] | None = None

    @property
    def key(self) -> Hashable:
        """What bundles of the same files have in common."""
        start = hashlib.sha256(self.latents[0].numpy().tobytes()).hexdigest()
        return self.story, write_settings(self.settings), start, self.after, self.seconds

    def file(self, kind: str) -> bytes:
        """The file of a kind such as "png"."""
        makers = {
            "png": self.png,
            "gif": self.gif,
            "mp4": self.mp4,
            "pptx": self.pptx,
            "html": self.html,
            "pdf": self.pdf,
            "zip": self.zip,
        }
        return makers[kind]()

    def png(self) -> bytes:
        """What is shown, in one picture with captions; a repeated run gives it again."""
        return png_bytes(picture_of(self.sheets(), self.settings.captions, self.settings.layout, self.branch_sheets()))

    def branch_sheets(self) -> list[tuple[str, Image.Image]]:
        """The sheets of the branches under their captions."""
        return [
            (branch.caption, drawn.sheet()) for branch, drawn in zip(self.settings.branches, self.branches, strict=True)
        ]

    def gif(self) -> bytes:
        """The animation."""
        return gif_bytes(self.drawn_frames(), self.seconds)

    def mp4(self) -> bytes:
        """The animation as a film."""
        return mp4_bytes(self.drawn_frames(), self.seconds)

    def html(self) -> bytes:
        """A web page that needs no server."""
        assert self.page is not None
        return self.page(self)

    def compared(self) -> tuple[list[tuple[str, Image.Image]], int]:
        """Whatever is shown beside step 0, each with its caption, and the number of the one to begin with."""
        sheets, shown = self.sheets(), [step for step in self.settings.captions if step]
        steps = [(self.settings.captions[step], sheets[step]) for step in shown]
        last = shown.index(self.after) if self.after in shown else len(shown) - 1
        return [*steps, *self.branch_sheets()], last if self.beside is None else len(shown) + self.beside

    def pptx(self) -> bytes:
        """The slides."""
        from latentdemo.export.deck import deck_bytes

        return deck_bytes(self.story, self.pair())

    def pdf(self) -> bytes:
        """The page."""
        from latentdemo.export.handout import pdf_bytes

        return pdf_bytes(self.story, self.pair())

    def zip(self) -> bytes:
        """Everything, with what repeats the run."""
        files = {
            PICTURE: self.png,
            "animation.gif": self.gif,
            "animation.mp4": self.mp4,
            **({"page.html": self.html} if self.page else {}),
            "slides.pptx": self.pptx,
            "summary.pdf": self.pdf,
        }
        branches = [each.latents for each in self.branches]
        more: dict[str, bytes | str] = {
            LATENTS: latents_bytes(self.latents, branches, self.settings.spec.known),
            RUN: write_settings(self.settings),
            README: readme(self.story),
        }
        return zip_bytes(chain(((name, make()) for name, make in files.items()), more.items()))

    def drawn_frames(self) -> Sequence[Image.Image]:
        """The frames of the animation."""
        if self.frames:
            return self.frames()
        return frames_of({step: self.square(sheet) for step, sheet in self.sheets().items()}, self.settings.captions)

    def pair(self) -> Pair:
        """Before and after."""
        sheets = self.sheets()
        after = sheets[self.after] if self.beside is None else self.branches[self.beside].sheet()
        return Pair(*(enlarged(self.square(sheet), PRINTED) for sheet in (sheets[0], after)))

    def square(self, sheet: Image.Image) -> Image.Image:
        """A sheet in a shape that suits slides and films, whatever it has on the page."""
        return squared(sheet, self.settings.spec.count, self.settings.layout.columns)


def readme(story: Story) -> str:
    """What a folder of files is about, and how more is made of it."""
    return "\n\n".join(each for each in (f"{story.title}\n{story.model}", story.repeat) if each) + "\n"


def zip_bytes(files: Iterable[tuple[str, bytes | str]]) -> bytes:
    """Files under their names in one ZIP. It is not compressed: nearly all of it is already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()
