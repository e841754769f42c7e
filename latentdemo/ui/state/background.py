"""Long work of a page, off the screen's thread: waited for a moment, then watched with a progress bar and a way out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from latentdemo.engine import Job, RecentResults, engine_for
from latentdemo.errors import LatentdemoError
from latentdemo.sampling.pieces import Call
from latentdemo.ui.i18n.error_words import SHORT, error_words
from latentdemo.ui.i18n.words import _

AT_ONCE = 2.0  # seconds that a page waits before it shows progress, where it has nothing to show before the result
STILL = 0.3  # seconds of these without a spinner, which costs a browser a drawing even before it shows
SOON = 0.15  # seconds: work that ends within them shows its result at once, and nothing before
VISITED, WAITING, FAILED = "has_waited", "waits_for_something", "lacks_something"  # keys of the session's state
LOOKED_EVERY, LOOK = 0.2, 0.4  # seconds from one look at the progress to the next, and that a look waits for news

Result = TypeVar("Result")


class Task(NamedTuple, Generic[Result]):
    """Some work of a page.

    Attributes:
        key: names the work; equal keys mean equal results.
        work: runs on a thread of its own, so it must not draw.
        results: where a result is looked for first, and kept.
        weight: what a result weighs there.
    """

    key: Hashable
    work: Callable[[Job[Any]], Result]
    results: RecentResults[Result]
    weight: Callable[[Result], int]


def call_of(job: Job[Any]) -> Call:
    """Gives short pieces of work to the engine, between those of others, as long as the job is wanted."""

    def call(work: Callable[[], Any]) -> Any:
        job.check()
        return engine_for().call(work)

    return call


def wait_for_nothing_yet() -> None:
    """To be called where a page is drawn anew, before it asks for anything."""
    st.session_state[WAITING] = st.session_state[FAILED] = False


def result_or_wait(task: Task[Result], show: Callable[[Any], None] | None = None) -> Result | None:
    """The result of some work; None while it goes on, or where it failed or was cancelled, and then said so.

    A session has one job at a time: asking for something else cancels what ran before. A page that shows progress
    waits for nothing else until it is drawn anew, even where that work has ended meanwhile.

    Args:
        task: what is to be done.
        show: draws what the work has to show so far (`Job.shown`), above its progress and where the result will stand:
            as soon as there is something, and in the end what a run that was cancelled came to.
    """
    kept = task.results.get(task.key)
    if kept is not None or st.session_state.get(WAITING):
        return kept
    job = job_of(task)
    if show and not first_visit():
        wait_for_something(job)
    elif not job.wait(STILL):
        with st.spinner(_("Sampling …")):
            job.wait(AT_ONCE - STILL)
    if not job.wait(0):
        st.session_state[WAITING] = True
        show_progress(show, count())
        return None
    if job.cancelled or job.error:
        if show and job.shown:
            with st.container():  # stands for that of the progress, so that the browser goes on with what it has
                show(job.shown)
        show_failure(job)
        return None
    return job.result


def first_visit() -> bool:
    """Whether a session waits for the first time. A tab that was opened in the background draws but now and then: a run
    that another follows at once would be lost on it, and with it the values that its settings have by the link."""
    first = VISITED not in st.session_state
    st.session_state[VISITED] = True
    return first


def wait_for_something(job: Job[Any]) -> None:
    """Wait for the result of work that takes no longer than a moment, else until it has something to show; not long."""
    if not job.wait(min(max(SOON - job.seconds, 0.0), AT_ONCE)) and not job.shown:
        job.wait_for_news(min(STILL, AT_ONCE))


def begin(task: Task[Any]) -> None:
    """Begin some work, unless there is a result of it, so that it goes on until the page comes to `result_or_wait`."""
    if task.results.get(task.key) is None:
        job_of(task)


def job_of(task: Task[Result]) -> Job[Result]:
    """The session's job where it does this work, else a new one, for which the other is cancelled."""
    job: Job[Result] | None = st.session_state.get("job")
    if job is None or job.key != task.key or (job.cancelled and not job.given_up):  # a session that had left is back
        if job is not None:
            job.cancel()
        job = start_job(task)
    return job


def start_job(task: Task[Result]) -> Job[Result]:
    """Begin the work for this session."""

    def keeping(job: Job[Any]) -> Result:
        result = task.work(job)
        task.results.put(task.key, result, task.weight(result))
        return result

    job = Job(task.key, keeping, session_is_there())
    st.session_state["job"] = job
    return job


def session_is_there() -> Callable[[], bool]:
    """A question that any thread may ask: whether a browser still shows this session."""
    context = get_script_run_ctx()
    session = context.session_id if context else ""
    return lambda: not runtime.exists() or bool(runtime.get_instance().is_active_session(session))


def working() -> bool:
    """Whether work of this session goes on, such as a page could keep its place for, or its progress is on the page."""
    job: Job[Any] | None = st.session_state.get("job")
    return bool(st.session_state.get(WAITING)) or (job is not None and not job.wait(0))


@st.fragment(run_every=LOOKED_EVERY)
def show_progress(show: Callable[[Any], None] | None, looks: Iterator[int]) -> None:
    """A progress bar with a way out, under what there is to show; reruns the page when the job has ended.

    Args:
        show: see `result_or_wait`.
        looks: counts them; each but the first waits for news, so that these are on screen as they come.
    """
    job: Job[Any] | None = st.session_state.get("job")
    if next(looks) and job is not None:
        job.wait_for_news(LOOK)
    there = job.shown if job else None  # taken before the end, with which it goes
    if job is None or job.wait(0):
        st.rerun()
    if show:
        show(there)
    with st.container(key="progress", horizontal=True, vertical_alignment="bottom"):  # style.css keeps it on screen
        st.progress(job.progress, progress_words(job))
        st.button(
            _("Cancel"), key="cancel", on_click=job.cancel, icon=":material/close:",
            help=_("Stop this run. You can start it again."),
        )  # fmt: skip


def progress_words(job: Job[Any]) -> str:
    """What the work does at the moment, or what it waits for."""
    if job.away:
        return _("The engine does not answer at the moment. Your request is kept and tried again by itself.")
    if job.busy:
        return _("The device is busy: {count} runs are on their way, as many as fit. Expected wait: about {seconds} s. "
                 "Your request is kept and tried again by itself.",
                 count=job.busy.requests, seconds=f"{job.busy.seconds:.0f}")  # fmt: skip
    if job.place:
        return _("Waiting for the device: place {place} in the queue", place=job.place)
    return _("Sampling …")


def show_failure(job: Job[Any]) -> None:
    """Say why there is no result, and offer to try again."""
    if job.error is None:
        st.info(_("Cancelled. Nothing is lost."), icon=":material/cancel:")
    else:
        st.error(failure_words(job.error), icon=":material/error:")
    if st.session_state.get(FAILED):
        return  # one button is on the page, and asks for all that is missing
    st.session_state[FAILED] = True
    st.button(
        _("Try again"), key="again", icon=":material/refresh:", on_click=st.session_state.pop, args=("job", None),
        help=_("Start this run once more, with the same settings."),
    )  # fmt: skip


def failure_words(error: Exception) -> str:
    """What went wrong, and what to do."""
    if isinstance(error, tuple(SHORT)):
        return error_words(error)
    if isinstance(error, LatentdemoError):
        return _("This model cannot be sampled in this way: {error}", error=error_words(error))
    return _("Something went wrong while sampling: {error}", error=repr(error))
