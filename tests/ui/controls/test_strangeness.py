"""What is said of a picture that somebody brought: whether the model can know it, and what helps where it cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from latentdemo.data import read_held_out
from latentdemo.ui.controls import strangeness
from latentdemo.ui.runs.starting_point import StartingPoint
from tests.ui.controls.test_starting_point import CLOTHES, SEED, encoded, open_page, shown, upload

TOLD_WITHIN = 60.0  # seconds; reached only when something is broken


@pytest.fixture(autouse=True)
def wait_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangeness, "AT_ONCE", TOLD_WITHIN)


def stripes() -> bytes:
    """A picture that is no piece of clothing."""
    rows = np.random.default_rng(2).integers(0, 255, (64, 1, 3), np.uint8)
    return encoded(Image.fromarray(rows.repeat(64, axis=1)))


def brought(content: bytes) -> AppTest:
    app = open_page(**{"from": "upload", "lang": "en"})
    app.selectbox(key="from").set_value("upload").run()
    return upload(app, content)


def test_a_picture_that_the_model_cannot_know_is_told_and_a_similar_one_offered() -> None:
    app = brought(stripes())
    [warning] = [warning.value for warning in app.warning if "cannot know" in warning.value]
    assert "at most 1 in 100 are as unusual" in warning
    assert "times as far off as usual" in warning
    app.button(key="similar").click().run()
    point = shown(app)
    assert point == StartingPoint("data", SEED, point.row)
    assert not app.warning


def test_a_picture_of_the_kind_that_the_model_knows_is_no_alarm() -> None:
    held_out = read_held_out(CLOTHES)
    app = brought(encoded(Image.fromarray(held_out.pixels[2000, 2:-2, 2:-2, 0])))
    assert not app.warning
    assert any("the model knows such pictures" in caption.value for caption in app.caption)


def test_without_held_out_pictures_it_is_said_that_it_cannot_be_told(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "fashion-mnist").mkdir()
    (tmp_path / "fashion-mnist/vae").symlink_to(CLOTHES / "vae")
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    strangeness.recent_models().clear()
    strangeness.recent_answers().clear()
    app = brought(stripes())
    assert not app.exception
    assert any("cannot be told" in caption.value for caption in app.caption)
    assert shown(app).kind == "upload"
