"""Votes as they are kept, with all that was shown; for statistics, and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from latentdemo.reviews.pairs import Answer, Pair, Picture
from latentdemo.reviews.vote import NOISE, REAL, Vote

FORMULA = "=+-@\t\r"  # what a spreadsheet would take for one, where a name begins with it


@dataclass(frozen=True)
class Ballot:
    """A vote as it is kept.

    Attributes:
        person: their number.
        name: that they gave; may be empty.
        number: of the pair, from 0.
        pair: what was shown.
        answer: "left", "right" or "same".
        given: when.
    """

    person: int
    name: str
    number: int
    pair: Pair
    answer: Answer
    given: datetime

    @property
    def vote(self) -> Vote:
        """The vote as statistics read it."""
        left, right = (self._way_of(each) for each in (self.pair.left, self.pair.right))
        side = None if self.answer == "same" else self.answer
        preferred = {"left": left, "right": right, None: None}[side]
        return Vote(str(self.person), left, right, preferred, self.pair.control, side)

    def _way_of(self, picture: Picture) -> str:
        """The way of a picture; beside noise, any picture stands for a real one."""
        return REAL if self.pair.control == NOISE and picture.way != NOISE else picture.way


def as_table(ballots: Sequence[Ballot]) -> Iterator[dict[str, Any]]:
    """Votes as rows of a table, people by their place in it."""
    places: dict[int, int] = {}
    for each in ballots:
        yield {
            "person": places.setdefault(each.person, len(places) + 1),
            "name": each.name.lstrip(FORMULA),
            "pair": each.number + 1,
            "left": each.pair.left.way,
            "left_picture": each.pair.left.number,
            "right": each.pair.right.way,
            "right_picture": each.pair.right.number,
            "control": each.pair.control or "",
            "answer": each.answer,
            "preferred": {"left": each.pair.left.way, "right": each.pair.right.way}.get(each.answer, ""),
            "given": each.given.isoformat(timespec="seconds"),
        }
