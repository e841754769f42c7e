"""Measuring a model again, here and now: a job of the session, its progress, its result beside the shipped one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import INDEX, count_held_out
from latentdemo.engine import Job, OnEngine, engine_for
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report import GAP, Report
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.figure_words import value_text
from latentdemo.ui.i18n.kernel_words import way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.background import session_is_there
from latentdemo.ui.state.person import Role, allowed

if TYPE_CHECKING:
    from latentdemo.evaluation.race import FirstAnswer

COUNTS, DEFAULT_COUNT = (250, 500, 1000), 250
REPETITIONS, DEFAULT_REPETITIONS = (4, 6, 10), 10
FIRST_ANSWER = 60.0  # seconds until there is one
POLLED_EVERY = 1.0  # seconds
AT_ONCE = 0.2  # seconds that a page waits for a job before it shows progress
JOB, RESULTS = "measurement", "measured"  # keys of the session's state


@dataclass(frozen=True)
class Measurement:
    """What to measure.

    Attributes:
        model: its name.
        digest: of its weights.
        count: images a side.
        repetitions: seeds.
    """

    model: str
    digest: str
    count: int
    repetitions: int


def counts_for(model: str) -> tuple[int, ...]:
    """Numbers of images a side to choose from: half of the held-out ones at most, for the other half is the floor."""
    folder = model_folder(model).parent
    index = folder / INDEX
    most = held_out_count(folder, index.stat().st_mtime_ns if index.exists() else 0) // 2
    return tuple(count for count in COUNTS if count <= (most or COUNTS[-1])) or (most,)


@lru_cache(maxsize=32)
def held_out_count(folder: Path, written: int) -> int:
    """How many held-out images a data set's folder has, counted anew once they are written anew."""
    return count_held_out(folder)


def measured_here(model: str, digest: str) -> Report | None:
    """What this session measured of a model, if it did and did not go back to the shipped figures."""
    take_over_result()
    return st.session_state.setdefault(RESULTS, {}).get((model, digest))


def forget(model: str, digest: str) -> None:
    """Go back to the shipped figures."""
    st.session_state.setdefault(RESULTS, {}).pop((model, digest), None)


def start(wanted: Measurement) -> None:
    """Begin to measure, for a presenter; what this session measured before is cancelled."""
    if not allowed(Role.PRESENTER):
        return
    from latentdemo.evaluation import measure_model  # noqa: PLC0415 - only a press needs all that it imports
    from latentdemo.evaluation.race import race_model  # noqa: PLC0415 - as above

    def work(job: Job[Any]) -> Report:
        compute = OnEngine(engine_for(), job.run_batches)  # in turns with the chains that others look at
        for answer in race_model(wanted.model, FIRST_ANSWER, compute=compute, cancelled=job.stopped):
            job.show(answer)
        return measure_model(
            wanted.model,
            count=wanted.count,
            seeds=range(wanted.repetitions),
            compute=compute,
            progress=job.report,
            cancelled=job.stopped,
        )

    before = current_job()
    if before is not None:
        before.cancel()
    st.session_state[JOB] = Job(wanted, work, session_is_there())


def current_job() -> Job[Report] | None:
    """The job of this session, running or failed; None once its result was taken over."""
    return st.session_state.get(JOB)


def take_over_result() -> None:
    """Move the result of a job that succeeded to where the page looks for it."""
    job = current_job()
    if job is not None and job.wait(0) and job.result is not None:
        assert isinstance(job.key, Measurement)
        st.session_state.setdefault(RESULTS, {})[job.key.model, job.key.digest] = job.result
        st.session_state[JOB] = None


def show_job() -> None:
    """Where a job of this session stands, if there is one."""
    job = current_job()
    if job is None:
        return
    if not job.wait(AT_ONCE):
        show_progress()
    elif job.result is not None:
        st.rerun()
    elif job.cancelled:
        st.info(_("Cancelled. Nothing is lost."), icon=":material/cancel:")
    elif isinstance(job.error, LatentdemoError):
        st.error(_("This could not be measured here: {error}", error=error_words(job.error)), icon=":material/error:")
    else:
        st.error(_("Something went wrong while measuring: {error}", error=repr(job.error)), icon=":material/error:")


@st.fragment(run_every=POLLED_EVERY)
def show_progress() -> None:
    """A progress bar with a way out; reruns the page when the job has ended."""
    job = current_job()
    if job is None or job.wait(0):
        st.rerun()
    assert isinstance(job.key, Measurement)
    if job.shown is None:
        doing = _("Measuring {model}: a first answer comes within a minute or two …", model=job.key.model)
    else:
        doing = _("Measuring {model} …", model=job.key.model)
        st.markdown(first_answer(job.shown))
    st.progress(job.progress, doing)
    st.button(_("Cancel"), key="cancel_measurement", on_click=job.cancel, icon=":material/close:")


def first_answer(answer: FirstAnswer) -> str:
    """What a race has found so far, in a sentence or two."""
    facts = {"rounds": answer.rounds, "seconds": round(answer.seconds), "left": len(answer.left)}
    if answer.chosen is None:
        return _("First answer after {seconds} s: leave this model alone, so far no way pays beyond chance; {left} "
                 "ways are still in the race.", **facts)  # fmt: skip
    told = answer.told or answer.chosen
    assert told.gap is not None
    found = _("First answer after {seconds} s: {way} closes {gap} of the quality gap, by the strictest judge.",
              way=way_phrase(answer.chosen), gap=value_text(GAP, told.gap.figure), **facts)  # fmt: skip
    others = len(answer.left) - 1
    return found if not others else found + " " + _("{others} other ways are still in the race.", others=others)
