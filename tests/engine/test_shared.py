"""The engines of the process: one a device, anew with the sources, and gone with the process."""

import subprocess
import sys

import pytest

from latentdemo.engine import Engine, RunRequest, engine_for, shared
from latentdemo.errors import (
    EngineError,
)
from tests.engine.stand_ins import NAME, workers


def test_a_process_has_one_engine_a_device_and_a_closed_one_is_replaced() -> None:
    engine = engine_for("cpu")
    assert engine_for("cpu") is engine_for("cpu:0") is engine
    engine.close()
    assert engine_for("cpu") is not engine
    engine_for("cpu").close()


def test_sources_that_are_imported_anew_get_an_engine_of_their_own(monkeypatch, checkpoints) -> None:
    before = engine_for("cpu")
    before.run(RunRequest.of(NAME, count=1, steps=1))
    newer = type("Engine", (Engine,), {})
    monkeypatch.setitem(shared.KEPT, "newest", newer)
    with pytest.raises(EngineError, match="begin again"):
        engine_for("cpu")
    monkeypatch.setattr(shared, "Engine", newer)
    assert engine_for("cpu") is not before
    assert before.closed
    assert workers() == []
    engine_for("cpu").close()


def test_a_process_ends_while_chains_walk(checkpoints) -> None:
    script = (
        "from latentdemo.engine import RunRequest, engine_for\n"
        f"ticket = engine_for('cpu').submit(RunRequest.of('{NAME}', count=1000, steps=1000))\n"
        "assert not ticket.wait(0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
