"""What the first visitor of a server sees while PyTorch is imported, and when."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo import files
from latentdemo.ui.overview import opening
from latentdemo.ui.overview.shipped import Shipped, shipped

ROOT = Path(__file__).parents[3]


def first_screen() -> None:
    from latentdemo.ui.overview.opening import draw  # noqa: PLC0415 - a script of its own

    draw()


def test_it_needs_no_pytorch() -> None:
    lines = (ROOT / "app.py").read_text(encoding="utf-8").split("with opening")[0].splitlines()
    imports = "\n".join(line for line in lines if line.startswith(("import ", "from ")))
    assert "opening" in imports
    code = f"{imports}\nassert not {{'torch', 'pandas'}} & set(__import__('sys').modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_it_shows_real_data_beside_prior_samples() -> None:
    app = AppTest.from_function(first_screen).run()
    assert not app.exception
    assert [element.value for element in app.subheader] == ["Real data", "Straight from the prior"]
    assert len(app.image) == 2
    assert [button.label for button in app.button] == ["Back", "Next"]


def waiting() -> None:
    import streamlit as st  # noqa: PLC0415 - a script of its own

    from latentdemo.ui.overview.opening import opening  # noqa: PLC0415

    with opening("overview"):
        st.text("imported")


def test_imports_wait_for_the_browser_to_draw_it(monkeypatch) -> None:
    monkeypatch.delenv("LATENTDEMO_CHECKPOINTS", raising=False)
    monkeypatch.setattr(sys, "argv", ["app.py"])
    monkeypatch.setattr(opening, "READY", threading.Event())
    app = AppTest.from_function(waiting).run()
    assert len(app.image) == 2
    assert not app.text
    app.run()
    assert opening.READY.is_set()
    assert [text.value for text in app.text] == ["imported"]
    assert not app.image


def test_it_is_of_the_model_that_will_be_shown(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("LATENTDEMO_CHECKPOINTS", raising=False)
    monkeypatch.setattr(files, "data_folder", lambda: tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert opening.default_is_shipped()
    (tmp_path / "checkpoints" / shipped().model).mkdir(parents=True)
    (tmp_path / "checkpoints" / shipped().model / "config.json").write_text('{"sha256": "of others"}')
    assert not opening.default_is_shipped()
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    assert not opening.default_is_shipped()


@pytest.mark.parametrize("digest", ["", "ab" * 32])
def test_other_weights_are_not_announced_by_these_pictures(digest: str, monkeypatch) -> None:
    monkeypatch.delenv("LATENTDEMO_CHECKPOINTS", raising=False)
    monkeypatch.setattr(opening, "shipped", lambda: Shipped(shipped().model, digest, shipped().seed))
    assert not opening.default_is_shipped()
