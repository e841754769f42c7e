"""Waiting for work: a page waits for one thing after the other, whenever each of them ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo.engine import Job, RecentResults
from latentdemo.errors import EngineError
from latentdemo.ui.state import background
from latentdemo.ui.state.background import Task, result_or_wait, wait_for_nothing_yet

PATIENCE = 60.0  # seconds until a test gives up


class Works:
    """Two pieces of work, of which the second is asked for when the first has ended, though its progress is shown."""

    def __init__(self, work: Callable[[Works, int], str]) -> None:
        self.results: RecentResults[str] = RecentResults(1000)
        self.shown = [threading.Event(), threading.Event()]
        self.tasks = [Task(number, partial(self.begin, work, number), self.results, len) for number in (0, 1)]

    def begin(self, work: Callable[[Works, int], str], number: int, _job: Job) -> str:
        return work(self, number)

    def page(self) -> None:
        wait_for_nothing_yet()
        for number, task in enumerate(self.tasks):
            result = result_or_wait(task)
            if result is not None:
                background.st.text(result)
                continue
            job = background.st.session_state["job"]
            if job.key == task.key:
                self.shown[number].set()
                assert job.wait(PATIENCE)  # before the page goes on


def draw(works):  # its source runs elsewhere, where nothing else of this file is known
    works.page()


def opened(works: Works) -> AppTest:
    return AppTest.from_function(draw, args=(works,), default_timeout=PATIENCE)


def once_shown(works: Works, number: int) -> str:
    assert works.shown[number].wait(PATIENCE)
    return f"result {number}"


def fail(_works: Works, number: int) -> str:
    raise EngineError(f"work {number} failed")


def test_a_page_with_progress_waits_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AT_ONCE", 0.0)
    monkeypatch.setattr(background, "STILL", 0.0)
    works = Works(once_shown)
    page = opened(works)
    for there in ([], ["result 0"], ["result 0", "result 1"]):
        page.run()
        assert not page.exception
        assert [text.value for text in page.text] == there


def test_two_failures_offer_one_way_to_try_again() -> None:
    page = opened(Works(fail)).run()
    assert not page.exception
    assert len(page.error) == 2
    assert [button.key for button in page.button] == ["again"]
