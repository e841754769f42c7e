"""What a person said of a pair of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REAL, NOISE = "real", "noise"  # names of pictures that no way to sample has made; a pair with noise is a control
MIRRORED = "mirrored"  # the other kind of control


@dataclass(frozen=True)
class Vote:
    """One answer; votes are kept in the order in which they were given.

    Attributes:
        person: who answered, by any name that is theirs alone within the review.
        first, second: ways that the two pictures were drawn, by name, in any order.
        preferred: one of the two; None for "no difference".
        control: what the pair tells of the person in place of the ways: "noise" for a real picture against noise,
            where the real one should be preferred, or "mirrored" for a pair that was shown before, sides exchanged;
            None for a pair that counts.
        position: side on which the preferred picture stood; None for "no difference".
    """

    person: str
    first: str
    second: str
    preferred: str | None
    control: str | None = None
    position: Literal["left", "right"] | None = None
