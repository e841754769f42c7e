"""Runs of one session at its state."""

import threading
from pathlib import Path

import pytest
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[3] / "app.py"
PATIENCE = 60


@pytest.fixture(autouse=True)
def _the_demo_has_run(monkeypatch) -> None:
    # what the demo changes there is undone after the test
    monkeypatch.setattr(SafeSessionState, "__init__", SafeSessionState.__init__)
    AppTest.from_file(str(APP), default_timeout=PATIENCE).run()


def run_of(state: SessionState) -> SafeSessionState:
    return SafeSessionState(state, yield_callback=lambda: None)


def written_beside(holder: SafeSessionState, other: SafeSessionState) -> bool:
    """Whether one run can write while another is at its state."""
    written = threading.Event()

    def write() -> None:
        other["key"] = 1
        written.set()

    with object.__getattribute__(holder, "_lock"):
        thread = threading.Thread(target=write)
        thread.start()
        beside = written.wait(0.5)
    thread.join(PATIENCE)
    assert other["key"] == 1
    return beside


def test_runs_of_a_session_wait_for_each_other_at_its_state() -> None:
    state = SessionState()
    assert not written_beside(run_of(state), run_of(state))


def test_other_sessions_wait_for_nobody() -> None:
    assert written_beside(run_of(SessionState()), run_of(SessionState()))
