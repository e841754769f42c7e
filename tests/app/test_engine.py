"""Pages and the engine: progress and queue on screen, sessions that leave, and reruns that cost nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from latentdemo.benchmark.server import free_port
from latentdemo.engine import Engine, Job, RunRequest, Ticket, engine_for, jobs
from latentdemo.engine.remote.client import ELSEWHERE
from latentdemo.engine.scheduler import Scheduler
from latentdemo.errors import Busy, DeviceMemoryError, EngineError, LimitError, SamplingError
from latentdemo.sampling import KERNELS
from latentdemo.sampling.kernels import KernelSpec
from latentdemo.ui.i18n import words
from latentdemo.ui.runs import comparison
from latentdemo.ui.shell.navigation import CHAIN, INTERPOLATION, LATENT_SPACE, OVERVIEW, SAMPLING
from latentdemo.ui.state import background
from tests.app.pages import APP, CLOTHES, captions, open_page, sheets
from tests.cluster.served import ReplicaHere, served
from tests.engine.stand_ins import PATIENCE, until

ROOT = Path(__file__).parents[2]
HELD = {"kernel": "langevin", "count": "16", "steps": ["0", "1", "2"]}


class Gate:
    """Lets the steps of a kernel through one by one."""

    def __init__(self, spec: KernelSpec) -> None:
        self.build = spec.build
        self.waits = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def __call__(self, model, density, **options):
        kernel = self.build(model, density, **options)
        return type("Held", (), {"init": staticmethod(kernel.init), "step": staticmethod(partial(self.step, kernel))})

    def step(self, kernel, state, generator):
        self.waits.release()
        assert self.open.acquire(timeout=PATIENCE)
        return kernel.step(state, generator)

    def reached(self) -> None:
        assert self.waits.acquire(timeout=PATIENCE)


@pytest.fixture
def gate(monkeypatch) -> Iterator[Gate]:
    """The steps of `langevin` are let through one by one; pages look at once, and often."""
    made = Gate(KERNELS["langevin"])
    monkeypatch.setitem(KERNELS, "langevin", replace(KERNELS["langevin"], build=made))
    monkeypatch.setattr(background, "AT_ONCE", 0.0)
    monkeypatch.setattr(comparison, "PREVIEWED_EVERY", 0.0)
    monkeypatch.setattr(jobs, "LOOKED_EVERY", 0.01)
    monkeypatch.setattr(jobs, "ASKED_AGAIN", 0.01)
    yield made
    made.open.release(10_000)
    engine_for().close()


def open_sampling(**link) -> AppTest:
    app = open_page("pages/sampling.py", **CLOTHES | {"kernel": "decode-encode"} | link)
    assert not app.exception
    return app


def job_of(app: AppTest) -> Job:
    return app.session_state["job"]


def progress(app: AppTest) -> str:
    (bar,) = app.get("progress")
    return bar.proto.text


def finish(app: AppTest) -> None:
    """Wait for the page's work and look again."""
    assert job_of(app).wait(PATIENCE)
    app.run()
    assert not app.exception


def occupy(gate: Gate) -> Ticket:
    """A run of somebody else, that holds the engine's worker in a step."""
    ticket = engine_for().submit(
        RunRequest.of("fashion-mnist/vae", "langevin", count=2, steps=1, seed=time.monotonic_ns())
    )
    gate.reached()
    return ticket


def test_pictures_that_have_arrived_are_shown_while_the_others_are_on_their_way(gate: Gate) -> None:
    app = open_sampling(**HELD, seed="501")
    gate.reached()
    until(lambda: job_of(app).shown)
    app.run()
    first, *others = sheets(app)
    assert [sheet["awaited"] for sheet in (first, *others)] == [False, True, True]
    assert progress(app) == "Sampling …"
    assert not app.metric
    gate.open.release(2)
    finish(app)
    assert sheets(app)[0]["source"] == first["source"]
    assert len({sheet["source"] for sheet in sheets(app)}) == 3
    assert app.metric
    assert not app.get("progress")


def test_a_page_opens_with_what_is_there_first_and_a_cancelled_run_keeps_it(gate: Gate, monkeypatch) -> None:
    waits = PATIENCE / 6  # The gate gives up after all of it, and the page may wait to the end.
    monkeypatch.setattr(background, "AT_ONCE", waits)
    monkeypatch.setattr(background, "STILL", waits)
    app = open_sampling(**HELD, seed="510")
    there = sheets(app)
    assert [sheet["awaited"] for sheet in there] == [False, True, True]
    app.button(key="cancel").click().run()
    finish(app)
    assert "Nothing is lost" in app.info[0].value
    assert sheets(app) == there


def test_who_waits_is_told_the_place(gate: Gate) -> None:
    other = occupy(gate)
    app = open_sampling(count="16", seed="502")
    until(lambda: job_of(app).place)
    app.run()
    assert "place 1 in the queue" in progress(app)
    gate.open.release()
    finish(app)
    assert len(sheets(app)) == 4
    assert other.wait(PATIENCE)


def test_a_full_engine_is_said_so_and_asked_again(gate: Gate, monkeypatch) -> None:
    other = occupy(gate)
    monkeypatch.setattr(engine_for()._admission, "queue_limit", 1)
    app = open_sampling(count="16", seed="509")
    until(lambda: job_of(app).busy)
    app.run()
    assert "The device is busy: 1 runs are on their way" in progress(app)
    assert not app.error
    gate.open.release()
    finish(app)
    assert len(sheets(app)) == 4
    assert other.wait(PATIENCE)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_who_waits_is_told_so_in_the_page_s_language(monkeypatch, language: str) -> None:
    monkeypatch.setattr(words, "language", lambda: language)
    busy, place, done, away = {
        "en": ("3 runs", "place 2", "Sampling", "does not answer at the moment"),
        "ja": ("3件", "順番待ち2番目", "サンプリング", "現在応答していません"),
    }[language]
    assert away in background.progress_words(SimpleNamespace(away=True, busy=Busy(3, 20.4), place=0))
    assert busy in background.progress_words(SimpleNamespace(away=False, busy=Busy(3, 20.4), place=0))
    assert "20" in background.progress_words(SimpleNamespace(away=False, busy=Busy(3, 20.4), place=0))
    assert place in background.progress_words(SimpleNamespace(away=False, busy=None, place=2))
    assert done in background.progress_words(SimpleNamespace(away=False, busy=None, place=0))


def test_a_page_waits_for_an_engine_that_is_away_and_shows_the_same_pictures(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "ASKED_AGAIN", 0.01)
    link = {"count": "16", "steps": ["0", "2"], "seed": "512"}
    here = [sheet["source"] for sheet in sheets(open_sampling(**link))]
    comparison.recent_results().clear()
    port, engine = free_port(), Engine("cpu")
    monkeypatch.setenv(ELSEWHERE, f"http://127.0.0.1:{port}")
    app = open_sampling(**link)
    until(lambda: job_of(app).away)
    app.run()
    assert "The engine does not answer at the moment. Your request is kept" in progress(app)
    with served(ReplicaHere(engine), port):
        finish(app)
    assert [sheet["source"] for sheet in sheets(app)] == here
    assert engine.tally.outcomes["done"] == 1
    assert "Ray cluster" in captions(app)
    engine_for().close()
    engine.close()


def test_who_waits_outside_can_cancel(gate: Gate, monkeypatch) -> None:
    other = occupy(gate)
    monkeypatch.setattr(engine_for()._admission, "queue_limit", 1)
    app = open_sampling(count="16", seed="503")
    until(lambda: job_of(app).busy)
    app.run()
    app.button(key="cancel").click().run()
    finish(app)
    assert "Cancelled" in app.info[0].value
    assert other.result is None


def test_cancelling_stops_the_chains_within_a_step(gate: Gate) -> None:
    app = open_sampling(**HELD, seed="504")
    gate.reached()
    until(lambda: job_of(app)._ticket)
    app.run()
    app.button(key="cancel").click().run()
    finish(app)  # while the step is still held back
    assert "Cancelled" in app.info[0].value
    gate.open.release()
    until(lambda: not engine_for()._admission)
    app.button(key="again").click().run()
    gate.open.release(2)
    finish(app)
    assert len(sheets(app)) == 3


def test_the_work_of_a_session_that_left_ends_and_begins_again_when_it_is_back(gate: Gate, monkeypatch) -> None:
    there = threading.Event()
    there.set()
    monkeypatch.setattr(background, "session_is_there", lambda: there.is_set)
    app = open_sampling(**HELD, seed="505")
    gate.reached()
    left = job_of(app)
    there.clear()
    assert left.wait(PATIENCE)
    assert left.cancelled
    gate.open.release()
    until(lambda: not engine_for()._admission)
    there.set()
    app.run()
    assert not app.info
    assert job_of(app) is not left
    gate.open.release(2)
    finish(app)
    assert len(sheets(app)) == 3


def test_a_session_is_gone_when_no_browser_shows_it(monkeypatch) -> None:
    active = {"a session"}

    class Runtime:
        def is_active_session(self, session: str) -> bool:
            return session in active

    monkeypatch.setattr(background.runtime, "exists", lambda: True)
    monkeypatch.setattr(background.runtime, "get_instance", Runtime)
    monkeypatch.setattr(background, "get_script_run_ctx", lambda: type("Context", (), {"session_id": "a session"}))
    is_there = background.session_is_there()
    assert is_there()
    active.clear()
    assert not is_there()
    monkeypatch.setattr(background.runtime, "exists", lambda: False)
    assert is_there()  # no server, so no browser that could go


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (EngineError("x"), "engine stopped"),
        (DeviceMemoryError("x"), "no memory left"),
        (torch.OutOfMemoryError("x"), "no memory left"),
        (LimitError("x"), "more than one request may ask for"),
        (SamplingError("x"), "cannot be sampled in this way"),
        (ZeroDivisionError("x"), "Something went wrong"),
    ],
)
@pytest.mark.usefixtures("wait_for_results")
def test_what_goes_wrong_is_said_in_the_page_s_language(monkeypatch, error: Exception, message: str, lang: str) -> None:
    def fail(request, job) -> None:
        raise error

    monkeypatch.setattr(comparison, "compare", fail)
    app = open_sampling(seed="506", lang=lang)
    assert (message in app.error[0].value) == (lang == "en")
    assert app.error[0].value.isascii() == (lang == "en")
    assert app.button(key="again")


@pytest.mark.usefixtures("wait_for_results")
def test_a_dead_worker_is_a_message_and_the_next_try_goes_well(monkeypatch) -> None:
    def die(_scheduler: Scheduler) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Scheduler, "tick", die)
        app = open_sampling(count="16", seed="507")
    assert "engine stopped" in app.error[0].value
    app.button(key="again").click().run()
    assert not app.error
    assert len(sheets(app)) == 4


@pytest.mark.parametrize("entry", [OVERVIEW, SAMPLING, CHAIN, INTERPOLATION, LATENT_SPACE], ids=lambda each: each.title)
@pytest.mark.usefixtures("wait_for_results")
def test_a_rerun_of_an_unchanged_page_does_no_work(entry, monkeypatch) -> None:
    app = open_page(entry.script, **CLOTHES, seed="508")
    assert job_of(app).wait(PATIENCE)  # what a page has begun for the next one
    done: list[str] = []
    for owner, name in ((Engine, "submit"), (Engine, "call"), (background, "start_job"), (Image.Image, "save")):
        monkeypatch.setattr(owner, name, noting(done, getattr(owner, name)))
    app.run()
    assert not app.exception
    assert done == []
    app.sidebar.button(key="next_seed").click().run()
    assert {"submit", "start_job"} <= set(done)


def noting(done: list[str], function):
    """A function that notes its calls."""

    def call(*args, **more):
        done.append(function.__name__)
        return function(*args, **more)

    return call


def test_a_page_opens_without_what_takes_long_to_import() -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()\n"
        "assert len(app.image) == 2 and 'torch' not in sys.modules\n"
        "assert not app.run().exception and 'torch' in sys.modules\n"
        "found = {'torchvision', 'sklearn', 'scipy.stats', 'pptx', 'fpdf'} & set(sys.modules)\n"
        "assert not found, found\n"
        "__import__('os')._exit(0)\n"  # what the page has begun behind itself is not waited for
    )
    environment = {name: value for name, value in os.environ.items() if name != "LATENTDEMO_CHECKPOINTS"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=300, env=environment)
