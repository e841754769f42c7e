"""Prior samples and chain samples of the same starting points: computed off the screen's thread, kept as PNG bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from latentdemo.engine import Job, RecentResults
from latentdemo.errors import LatentdemoError
from latentdemo.imaging import comparison, contact_sheet, png_bytes
from latentdemo.sampling import run_chain
from latentdemo.ui.sidebar import model_pool
from latentdemo.ui.words import _

KEPT_BYTES = 256 * 2**20  # of pictures, for all sessions together
AT_ONCE = 2.0  # seconds that a page waits before it shows progress
TILE = 128  # pixels that a tile is enlarged to on screen
WIDEST = 1440  # pixels; Streamlit scales wider pictures down


@dataclass(frozen=True)
class Request:
    """What to compare; equal requests give equal pictures.

    Attributes:
        model: name of the model.
        digest: of its weights.
        seed: fixes starting points and noise.
        count: number of chains.
        steps: steps to show, ascending.
        columns: tiles a row.
        decoding, corruption: options of the decode-encode kernel.
    """

    model: str
    digest: str
    seed: int
    count: int
    steps: tuple[int, ...]
    columns: int
    decoding: str = "mean"
    corruption: str = "off"


@dataclass(frozen=True)
class Sheet:
    """The chains at one step.

    Attributes:
        png: contact sheet.
        change: mean absolute change of the images since step 0, in per cent of the grey range.
        change_error: its standard error over the images.
        milliseconds: wall-clock time up to this step, an image.
    """

    png: bytes
    change: float
    change_error: float
    milliseconds: float


@dataclass(frozen=True)
class Comparison:
    """What a page shows.

    Attributes:
        sheets: step -> the chains at that step.
        seconds: wall-clock time of the whole run.
        png: all sheets side by side, to take away.
    """

    sheets: dict[int, Sheet]
    seconds: float
    png: bytes

    @property
    def bytes(self) -> int:
        """What the pictures weigh."""
        return len(self.png) + sum(len(sheet.png) for sheet in self.sheets.values())


@st.cache_resource
def recent_results() -> RecentResults[Comparison]:
    """The last comparisons of all sessions."""
    return RecentResults(KEPT_BYTES)


def compare(request: Request, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Comparison:
    """Run the chains of a request and compose the pictures."""
    run = run_chain(
        model_pool().get(request.model),
        "decode-encode",
        count=request.count,
        steps=max(request.steps),
        seed=request.seed,
        record=sorted({0, *request.steps}),
        options={"decoding": request.decoding, "corruption": request.corruption},
        progress=progress,
        cancelled=cancelled,
    )
    start = run.images[0]
    scale = max(1, min(TILE // start.shape[-1], WIDEST // (request.columns * (start.shape[-1] + 2))))
    pictures = {step: contact_sheet(run.images[step], request.columns, scale) for step in request.steps}
    sheets = {}
    for step in request.steps:
        change, error = mean_and_error((run.images[step] - start).abs().flatten(1).mean(dim=1) * 100)
        sheets[step] = Sheet(png_bytes(pictures[step]), change, error, 1000 * run.seconds[step] / request.count)
    together = comparison({f"step {step}": picture for step, picture in pictures.items()})
    return Comparison(sheets, run.seconds[max(request.steps)], png_bytes(together))


def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Mean of (N,) values and its standard error, 0 for a single one."""
    spread = values.std().item() if len(values) > 1 else 0.0
    return values.mean().item(), spread / math.sqrt(len(values))


def comparison_or_wait(request: Request) -> Comparison | None:
    """The comparison of a request; None while it is computed, or where it failed or was cancelled, and then said so.

    A session has one job at a time: asking for something else cancels what ran before.
    """
    kept = recent_results().get(request)
    if kept is not None:
        return kept
    job: Job[Comparison] | None = st.session_state.get("job")
    if job is None or job.key != request:
        if job is not None:
            job.cancel()
        job = start_job(request)
    with st.spinner(_("Sampling …")):
        ended = job.wait(AT_ONCE)
    if not ended:
        show_progress()
        return None
    if job.cancelled or job.error:
        show_failure(job)
        return None
    return job.result


def start_job(request: Request) -> Job[Comparison]:
    """Begin the comparison of a request for this session."""

    def work(progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> Comparison:
        result = compare(request, progress, cancelled)
        results.put(request, result, result.bytes)
        return result

    results = recent_results()
    model_pool()  # made here, on a thread that Streamlit knows
    st.session_state["job"] = Job(request, work)
    return st.session_state["job"]


@st.fragment(run_every=0.5)
def show_progress() -> None:
    """A progress bar with a way out; reruns the page when the job has ended."""
    job: Job[Comparison] | None = st.session_state.get("job")
    if job is None or job.wait(0):
        st.rerun()
    st.progress(job.progress, _("Sampling …"))
    st.button(_("Cancel"), key="cancel", on_click=job.cancel, icon=":material/close:")


def show_failure(job: Job[Comparison]) -> None:
    """Say why there is no picture, and offer to try again."""
    if job.cancelled:
        st.info(_("Cancelled. Nothing is lost."), icon=":material/cancel:")
    elif isinstance(job.error, LatentdemoError | torch.OutOfMemoryError):
        st.error(str(job.error), icon=":material/error:")
    else:
        st.error(_("Something went wrong while sampling: {error}", error=repr(job.error)), icon=":material/error:")
    st.button(_("Try again"), key="again", icon=":material/refresh:", on_click=st.session_state.pop, args=("job", None))
