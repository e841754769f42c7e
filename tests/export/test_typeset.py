"""Lines that are no wider than asked, broken where they may be."""

from __future__ import annotations

import pytest

from latentdemo.export.typeset import fitting_size, text_width, wrap
from latentdemo.typography import unparted

JAPANESE = "双方 2000 枚ずつ、「実データ」（評価用）を比べ、ギャップを測りました。オートエンコーダの上限は100 % です。"
ENGLISH = "Samples are compared with held-out real images (see below), and closes 88 % ± 2 % at 0.8 ms an image."


@pytest.mark.parametrize("text", [JAPANESE, ENGLISH])
@pytest.mark.parametrize("width", [90, 140, 233])
def test_lines_fit_and_say_the_same(text: str, width: int) -> None:
    lines = wrap(text, width, 12)
    assert len(lines) > 1
    assert all(text_width(line, 12) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize("width", range(60, 200, 7))
def test_marks_stay_with_their_characters(width: int) -> None:
    lines = wrap(JAPANESE, width, 12)
    assert not any(line[0] in "、。」）ッー" or line[-1] in "「（" for line in lines)


@pytest.mark.parametrize("width", range(70, 200, 7))
def test_words_and_figures_are_not_parted(width: int) -> None:
    lines = wrap(ENGLISH, width, 12)
    assert set(" ".join(lines).split(" ")) == set(unparted(ENGLISH).split(" "))
    assert any("88\u00a0%\u00a0±\u00a02\u00a0%" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Moved {change} % ± {error} % since step 0", "Moved {change}_%_±_{error}_% since step 0"),
        ("1.50 × in 3 s, 2 ms, 4 nats", "1.50_× in 3_s, 2_ms, 4_nats"),
        ("± is half of it, in 5 steps; A × B", "± is half of it, in 5 steps; A × B"),
    ],
)
def test_figures_keep_their_units_and_errors(text: str, kept: str) -> None:
    assert unparted(text) == kept.replace("_", "\u00a0")


def test_type_shrinks_until_it_fits() -> None:
    assert fitting_size(["short"], 200, 20, 14, 1.25) == 14
    size = fitting_size([ENGLISH, JAPANESE], 200, 60, 14, 1.25)
    assert size < 14
    assert sum(len(wrap(text, 200, size)) for text in (ENGLISH, JAPANESE)) * size * 1.25 <= 60
