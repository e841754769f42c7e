"""Long work of a page, off the screen's thread: waited for a moment, then watched with a progress bar and a way out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st
import torch

from latentdemo.engine import Job, RecentResults
from latentdemo.engine.jobs import Work
from latentdemo.errors import LatentdemoError
from latentdemo.ui.sidebar import model_pool
from latentdemo.ui.words import _

AT_ONCE = 2.0  # seconds that a page waits before it shows progress

Result = TypeVar("Result")


def result_or_wait(
    key: Hashable, work: Work[Result], results: RecentResults[Result], weight: Callable[[Result], int]
) -> Result | None:
    """The result of some work; None while it goes on, or where it failed or was cancelled, and then said so.

    A session has one job at a time: asking for something else cancels what ran before.

    Args:
        key: names the work; equal keys mean equal results.
        work: runs on a thread of its own, so it must not draw.
        results: where it is looked for first, and kept.
        weight: what a result weighs there.
    """
    kept = results.get(key)
    if kept is not None:
        return kept
    job: Job[Result] | None = st.session_state.get("job")
    if job is None or job.key != key:
        if job is not None:
            job.cancel()
        job = start_job(key, work, results, weight)
    with st.spinner(_("Sampling …")):
        ended = job.wait(AT_ONCE)
    if not ended:
        show_progress()
        return None
    if job.cancelled or job.error:
        show_failure(job)
        return None
    return job.result


def start_job(
    key: Hashable, work: Work[Result], results: RecentResults[Result], weight: Callable[[Result], int]
) -> Job[Result]:
    """Begin the work for this session."""

    def keeping(progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Result:
        result = work(progress, cancelled)
        results.put(key, result, weight(result))
        return result

    model_pool()  # made here, on a thread that Streamlit knows
    job = Job(key, keeping)
    st.session_state["job"] = job
    return job


def working() -> bool:
    """Whether work of this session goes on, such as a page could keep its place for."""
    job: Job[Any] | None = st.session_state.get("job")
    return job is not None and not job.wait(0)


@st.fragment(run_every=0.5)
def show_progress() -> None:
    """A progress bar with a way out; reruns the page when the job has ended."""
    job: Job[Any] | None = st.session_state.get("job")
    if job is None or job.wait(0):
        st.rerun()
    st.progress(job.progress, _("Sampling …"))
    st.button(_("Cancel"), key="cancel", on_click=job.cancel, icon=":material/close:")


def show_failure(job: Job[Any]) -> None:
    """Say why there is no result, and offer to try again."""
    if job.cancelled:
        st.info(_("Cancelled. Nothing is lost."), icon=":material/cancel:")
    elif isinstance(job.error, LatentdemoError | torch.OutOfMemoryError):
        st.error(_("This model cannot be sampled in this way: {error}", error=job.error), icon=":material/error:")
    else:
        st.error(_("Something went wrong while sampling: {error}", error=repr(job.error)), icon=":material/error:")
    st.button(_("Try again"), key="again", icon=":material/refresh:", on_click=st.session_state.pop, args=("job", None))
