"""The typeface of captions and PDF files, which ships with the package."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import ImageFont

from latentdemo.doctor.finding import Finding
from latentdemo.fonts import FONT


def check() -> Iterator[Finding]:
    """Whether it can be read, and draws Japanese."""
    try:
        drawn = ImageFont.truetype(str(FONT), 24).getmask("潜在").getbbox()
    except OSError as error:
        drawn, words = None, f"{FONT} cannot be read: {error}"
    else:
        words = f"{FONT.name} draws English and Japanese" if drawn else f"{FONT} draws no Japanese"
    remedy = "install latentdemo again; where it is a clone, check it out again"
    yield Finding("fonts", "good" if drawn else "fault", words, "" if drawn else remedy)
