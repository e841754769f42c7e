"""What those who run a server see of it."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from latentdemo.checkpoints import save_checkpoint
from latentdemo.engine import RunRequest, engine_for
from latentdemo.errors import EngineError, ServerError
from latentdemo.operations import readiness
from latentdemo.operations.logs import JsonLines
from latentdemo.operations.metrics import metrics
from latentdemo.operations.port import begin_port
from latentdemo.operations.readiness import Readiness
from tests.browser.nginx import free_ports

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0  # seconds; reached only when something is broken


@pytest.fixture
def port(monkeypatch) -> Iterator[str]:
    """The address of a port that was begun."""
    monkeypatch.setenv("LATENTDEMO_OPERATIONS", "0")
    server = begin_port()
    assert server is not None
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def own_model(tiny_model, tmp_path, monkeypatch) -> Path:
    """The folder of the only model that there is."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    return tmp_path / "own" / "tiny"


def asked(address: str) -> tuple[int, str]:
    """Status and text of an answer."""
    try:
        with urlopen(address, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_nothing_listens_unless_it_is_asked_for_and_then_for_this_machine_alone(monkeypatch) -> None:
    monkeypatch.delenv("LATENTDEMO_OPERATIONS", raising=False)
    assert begin_port() is None
    monkeypatch.setenv("LATENTDEMO_OPERATIONS", "0")
    server = begin_port()
    assert server is not None
    assert server.server_address[0] == "127.0.0.1"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("named", ["port", "0.0.0.0:", "127.0.0.1:99999"])
def test_a_port_that_is_none_is_refused_in_words(monkeypatch, named: str) -> None:
    monkeypatch.setenv("LATENTDEMO_OPERATIONS", named)
    with pytest.raises(ServerError, match="LATENTDEMO_OPERATIONS"):
        begin_port()


def test_a_port_that_is_taken_is_refused_in_words(monkeypatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("LATENTDEMO_OPERATIONS", f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(ServerError, match="nothing can listen"):
            begin_port()


def test_the_port_answers(port: str, own_model: Path) -> None:
    assert asked(f"{port}/live") == (200, "up\n")
    assert asked(f"{port}/ready") == (200, "ready\n")
    assert "latentdemo_requests_total" in asked(f"{port}/metrics")[1]
    assert asked(f"{port}/other")[0] == 404
    weights = own_model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    status, words = asked(f"{port}/ready")
    assert (status, "truncated" in words) == (503, True)


def test_a_broken_model_keeps_nobody_from_the_others(own_model: Path, tiny_model) -> None:
    save_checkpoint(own_model.with_name("another"), tiny_model, "own")
    (own_model.with_name("another") / "config.json").write_text("{")
    assert readiness.no_model() == ""
    (own_model / "model.safetensors").unlink()
    assert readiness.no_model() != ""


def test_an_engine_that_does_not_answer_is_asked_once(own_model: Path) -> None:
    answered, asked_for = threading.Event(), []
    ready = Readiness(lambda: asked_for.append(1) or answered.wait(PATIENCE), patience=0.01)
    assert "does not answer" in ready.trouble()
    assert "does not answer" in ready.trouble()
    assert asked_for == [1]
    answered.set()
    while ready.trouble():
        pass


def test_an_engine_that_is_closed_is_not_ready(own_model: Path) -> None:
    def closed() -> None:
        raise EngineError("the engine is closed")

    assert Readiness(closed).trouble() == "the engine is closed"


def test_prometheus_reads_the_figures(own_model: Path) -> None:
    def value(name: str, **labels: str) -> float:
        families = text_string_to_metric_families(metrics().decode())
        samples = [each for family in families for each in family.samples if each.name == name]
        return sum(each.value for each in samples if labels.items() <= each.labels.items())

    engine_for("cpu").call(lambda: None)
    steps, ended = value("latentdemo_chain_steps_total"), value("latentdemo_requests_total", outcome="done")
    engine_for("cpu").run(RunRequest.of("own/tiny", count=3, steps=4))
    assert value("latentdemo_chain_steps_total", device="cpu") == steps + 12
    assert value("latentdemo_requests_total", outcome="done") == ended + 1
    assert value("latentdemo_models_bytes") > 0
    assert value("latentdemo_runs_waiting") == 0
    assert value("process_resident_memory_bytes") > 2**20


def test_a_line_of_the_log_is_a_json_object() -> None:
    try:
        raise ValueError('a "quoted"\nreason')
    except ValueError:
        record = logging.LogRecord("latentdemo", logging.ERROR, "", 0, 'it %s "failed"', ("すべて",), sys.exc_info())
    text = JsonLines().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["level"], line["logger"], line["message"]) == ("error", "latentdemo", 'it すべて "failed"')
    assert line["traceback"].endswith('ValueError: a "quoted"\nreason')


@pytest.mark.slow
def test_a_server_is_looked_after_before_anybody_visits_it(tmp_path) -> None:
    own, public = free_ports(2)
    environment = os.environ | {"LATENTDEMO_OPERATIONS": str(own), "LATENTDEMO_LOG": "json"}
    command = [sys.executable, "-m", "latentdemo", "demo", f"--server.port={public}", "--server.address=127.0.0.1"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log, stdout=subprocess.DEVNULL)
    try:
        given_up = time.monotonic() + PATIENCE
        while not answers(f"http://127.0.0.1:{public}/_stcore/health"):
            assert process.poll() is None
            assert time.monotonic() < given_up
            time.sleep(0.1)
        assert asked(f"http://127.0.0.1:{own}/ready") == (200, "ready\n")
        assert "# TYPE" not in asked(f"http://127.0.0.1:{public}/_stcore/metrics")[1]
    finally:
        process.terminate()
        process.wait(PATIENCE)
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all({"time", "level", "logger", "message"} <= json.loads(line).keys() for line in lines)


def answers(address: str) -> bool:
    """Whether somebody answers there."""
    try:
        return asked(address)[0] == 200
    except OSError:
        return False
