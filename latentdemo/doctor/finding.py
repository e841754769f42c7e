"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "warning", "fault"]
"""A warning is what the demo runs with, but not as it should; with a fault something does not work."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    Attributes:
        check: what was looked at.
        state: whether it is as it should be.
        found: what there is, or what is wrong.
        remedy: what to do; empty where all is well.
    """

    check: str
    state: State
    found: str
    remedy: str = ""


def gigabytes(size: float) -> str:
    """Bytes in words."""
    return f"{size / 2**30:.1f} GB"
