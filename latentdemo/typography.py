"""Spaces at which a line of text does not break."""

from __future__ import annotations

import re

NO_BREAK = "\u00a0"
BEFORE_UNIT, AROUND_SIGN = re.compile(r"(?<=[\d}]) (?=%|×|(?:ms|s|nats)\b)"), re.compile(r"(?<=[\d}%]) ± ")


def unparted(text: str) -> str:
    """A text in which figures stay on one line with their errors and units; `{name}` stands for a figure."""
    return AROUND_SIGN.sub(f"{NO_BREAK}±{NO_BREAK}", BEFORE_UNIT.sub(NO_BREAK, text))
