"""How many examples hypothesis makes up for a property."""

from __future__ import annotations

from hypothesis import settings

ALL, FEW = 100, 10  # percent, the second in the quick round


def examples(count: int) -> int:
    """Of so many examples those of this round, one at least."""
    return max(1, count * settings.default.max_examples // ALL)
