"""What tests of pages share."""

from __future__ import annotations

import pytest

from latentdemo.ui.state import background
from tests.app.pages import PATIENCE


@pytest.fixture
def wait_for_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """No progress on screen: a page waits for its results."""
    monkeypatch.setattr(background, "AT_ONCE", PATIENCE)
