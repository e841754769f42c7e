"""All files of a review: each by itself, and a ZIP with everything."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from latentdemo.export.bundle import README, readme, zip_bytes
from latentdemo.export.story import Pair, Story

VOTES = "votes.csv"


@dataclass(frozen=True)
class ReviewBundle:
    """What the files are made of.

    Attributes:
        story: what deck and PDF say.
        pair: the pictures that they show.
        votes: all answers, as a table.
        files: what else the ZIP holds: name -> content.
    """

    story: Story
    pair: Pair
    votes: bytes
    files: Mapping[str, bytes]

    @property
    def key(self) -> Hashable:
        """What bundles of the same files have in common."""
        return self.story, hashlib.sha256(self.votes).hexdigest()

    def file(self, kind: str) -> bytes:
        """The file of a kind: "pptx", "pdf", "csv" or "zip"."""
        if kind == "zip":
            return self.zip()
        return {"pptx": self.pptx, "pdf": self.pdf, "csv": lambda: self.votes}[kind]()

    def pptx(self) -> bytes:
        """The slides."""
        from latentdemo.export.deck import deck_bytes

        return deck_bytes(self.story, self.pair)

    def pdf(self) -> bytes:
        """The page."""
        from latentdemo.export.handout import pdf_bytes

        return pdf_bytes(self.story, self.pair)

    def zip(self) -> bytes:
        """Everything."""
        files = {"slides.pptx": self.pptx(), "summary.pdf": self.pdf(), VOTES: self.votes}
        return zip_bytes([*files.items(), *self.files.items(), (README, readme(self.story))])
