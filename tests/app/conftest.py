"""What tests of pages share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from latentdemo.export.bundle import Bundle
from latentdemo.ui.export import popover as takeaways
from latentdemo.ui.state import background
from tests.app.pages import PATIENCE


@pytest.fixture
def wait_for_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """No progress on screen: a page waits for its results."""
    monkeypatch.setattr(background, "AT_ONCE", PATIENCE)
    monkeypatch.setattr(background, "SOON", PATIENCE)


@pytest.fixture
def bundles(monkeypatch) -> list[Callable[[], Bundle]]:
    """What makes the bundles behind the buttons, in the order in which they were drawn."""
    made: list[Callable[[], Bundle]] = []
    kept = takeaways.file_maker

    def keep(kind: str, bundle: Callable[[], Bundle]):
        made.append(bundle)
        return kept(kind, bundle)

    monkeypatch.setattr(takeaways, "file_maker", keep)
    return made
