"""Votes counted: for each person, how often which way was preferred to which other one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from latentdemo.reviews.statistics.anytime import Array
from latentdemo.reviews.vote import Vote


@dataclass(frozen=True, eq=False)
class Tally:
    """Answers of P persons about k ways, in the order in which persons gave their first.

    Attributes:
        persons: who answered.
        ways: that were compared.
        preferred: (P, k, k) how often a person preferred the first way to the second.
        ties: (P, k, k) how often they saw no difference; counted for both orders of the ways.
        missing: (P,) answers of a person that are still to come.
    """

    persons: tuple[str, ...]
    ways: tuple[str, ...]
    preferred: Array
    ties: Array
    missing: Array

    @classmethod
    def of(cls, votes: Iterable[Vote], ways: Sequence[str], first: int | None = None) -> Self:
        """Count votes.

        Args:
            votes: in the order in which they were given; controls are passed over.
            ways: that were compared.
            first: answers that are counted of each person; None counts all.

        Raises:
            ValueError: a vote about another way, about one way alone, or for neither of its two.
        """
        place = {way: index for index, way in enumerate(ways)}
        answers: dict[str, list[Vote]] = {}
        for vote in votes:
            if vote.control is not None:
                continue
            pair = {vote.first, vote.second}
            if len(pair) < 2 or not pair <= place.keys() or vote.preferred not in {None, *pair}:
                raise ValueError(f"{vote} does not compare two of the ways {', '.join(ways)}")
            answers.setdefault(vote.person, []).append(vote)
        preferred = np.zeros((len(answers), len(ways), len(ways)))
        ties = np.zeros_like(preferred)
        missing = np.zeros(len(answers))
        for person, given in enumerate(answers.values()):
            for vote in given[:first]:
                one, other = place[vote.first], place[vote.second]
                if vote.preferred is None:
                    ties[person, [one, other], [other, one]] += 1
                else:
                    won, lost = (one, other) if vote.preferred == vote.first else (other, one)
                    preferred[person, won, lost] += 1
            missing[person] = max((first or 0) - len(given), 0)
        return cls(tuple(answers), tuple(ways), preferred, ties, missing)

    @property
    def points(self) -> Array:
        """(P, k, k) what a person gave the first way against the second: 1 for each answer, 1/2 for no difference."""
        return self.preferred + self.ties / 2.0

    @property
    def asked(self) -> Array:
        """(P, k, k) how often a person answered about two ways."""
        return self.preferred + self.preferred.swapaxes(1, 2) + self.ties

    def shares(self, way: str, others: Sequence[str] | None = None) -> Array:
        """(P,) in which share of their answers about a way and others a person preferred it; NaN for none.

        Args:
            way: one of the ways.
            others: that count as its opponents; None takes all.
        """
        points, asked = self.about(way, others)
        with np.errstate(invalid="ignore"):
            return points / asked

    def bounds(self, way: str, others: Sequence[str] | None = None) -> tuple[Array, Array]:
        """(P,) the least and the most that `shares` may come to with the answers that are missing."""
        points, asked = self.about(way, others)
        with np.errstate(invalid="ignore"):
            return points / (asked + self.missing), (points + self.missing) / (asked + self.missing)

    def about(self, way: str, others: Sequence[str] | None) -> tuple[Array, Array]:
        """(P,) points of a way against others, and how often it was asked about."""
        row = self.ways.index(way)
        columns = [self.ways.index(other) for other in self.ways if other != way and other in (others or self.ways)]
        return self.points[:, row, columns].sum(axis=1), self.asked[:, row, columns].sum(axis=1)
