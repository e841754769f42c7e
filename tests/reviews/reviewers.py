"""People who answer as one knows they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from latentdemo.reviews.vote import Vote


def simulated_votes(
    strengths: dict[str, float], persons: int, pairs: int, seed: int = 0, ties: float = 0.1, spread: float = 0.5
) -> list[Vote]:
    """Answers of people about random pairs of ways, in turns.

    Args:
        strengths: way -> its strength in log odds, on average over people.
        persons: how many there are.
        pairs: that each is asked about.
        seed: of all that is drawn.
        ties: share of answers that see no difference.
        spread: standard deviation of strengths over people.
    """
    generator = np.random.default_rng(seed)
    ways = list(strengths)
    own = generator.normal([*strengths.values()], spread, (persons, len(ways)))
    votes = []
    for _ in range(pairs):
        for person in range(persons):
            one, other = generator.choice(len(ways), 2, replace=False)
            chance = 1.0 / (1.0 + np.exp(own[person, other] - own[person, one]))
            won = None if generator.random() < ties else ways[one if generator.random() < chance else other]
            side = None if won is None else ("left", "right")[generator.integers(2)]
            votes.append(Vote(f"person {person}", ways[one], ways[other], won, position=side))
    return votes


def control_votes(person: str, right: Sequence[bool]) -> list[Vote]:
    """Answers of somebody to pairs of a real picture and noise."""
    return [Vote(person, "real", "noise", "real" if each else "noise", "noise", "left") for each in right]
