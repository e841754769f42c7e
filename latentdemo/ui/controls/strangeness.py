"""Whether a model can know a picture that somebody brought: looked at beside the page's other work, told in words."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any, NamedTuple

import streamlit as st
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images
from latentdemo.engine import Job, RecentResults, engine_for
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.features.registry import load_first_space
from latentdemo.evaluation.health.familiarity import Familiar, Strangeness, learn_familiar
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.starting_point import HELD_OUT
from latentdemo.ui.state.background import call_of, session_is_there
from latentdemo.ui.state.selection import Selection

KEPT_BYTES, KEPT_ANSWERS = 64 * 2**20, 1000  # of what models make of their pictures, and of answers, for all sessions
AT_ONCE, POLLED_EVERY = 0.2, 1.0  # seconds that a page waits for an answer, and between two looks whether it is there
WIDTH = 660  # pixels of the notice, beside which there is room for what helps
TOLD_FROM = 1.5  # times the usual error: less is no news


class Question(NamedTuple):
    """Which picture is looked at by which model: name and digest of its weights, digest of the picture's file."""

    model: str
    digest: str
    picture: str


def strangeness_notice(chosen: Selection, key: str, file: bytes, picture: Tensor) -> None:
    """Say whether the model can know a picture, and offer what helps where it cannot.

    Args:
        chosen: the model.
        key: of the starting point; see `starting_point_control`.
        file: of the picture, at the model's size.
        picture: the same, (C, H, W) in [0, 1].
    """
    question = Question(chosen.model, chosen.config.sha256, hashlib.sha256(file).hexdigest())
    found = recent_answers().get(question)
    if found is None:
        job = job_of(question, key, picture)
        if not job.wait(AT_ONCE):
            wait_for_answer(key)
            return
        if job.error:
            words = error_words(job.error) if isinstance(job.error, LatentdemoError) else repr(job.error)
            st.caption(_("Whether the model knows such pictures cannot be told: {error}", error=words))
        found = job.result
    if found:
        tell(found, key)


def tell(found: Strangeness, key: str) -> None:
    """How a picture stands among held-out ones, and what helps."""
    if not found.is_strange:
        st.caption(
            _("About {share} in 100 held-out pictures are as unusual as this one: the model knows such pictures.",
              share=f"{100 * found.p_value:.0f}")
        )  # fmt: skip
        return
    words = _("This model cannot know this picture: of pictures like those that it was trained on, at most {rate} in "
              "100 are as unusual. What you see is the nearest thing that it knows.",
              rate=f"{100 * found.level:.0f}")  # fmt: skip
    if found.times >= TOLD_FROM:
        words += " " + _("It is {times} times as far off as usual.", times=f"{found.times:.0f}" if found.times >= 3
                         else f"{found.times:.1f}")  # fmt: skip
    st.warning(words, icon=":material/travel_explore:", width=WIDTH)
    st.button(
        _("Take the most similar held-out picture"), key=f"{key}similar", icon=":material/image_search:",
        on_click=start_from, args=(key, found.nearest),
        help=_("To walk chains on pictures of your own, train a model on them: the page of models says how."),
    )  # fmt: skip


def start_from(key: str, row: int) -> None:
    """Start from a held-out picture instead, before the controls are drawn."""
    st.session_state[f"{key}from"], st.session_state[f"{key}picture"] = HELD_OUT, row


def job_of(question: Question, key: str, picture: Tensor) -> Job[Strangeness]:
    """The job that answers a question: the one that is at it, else a new one, for which the other is cancelled."""
    name = f"{key}strangeness"
    job: Job[Strangeness] | None = st.session_state.get(name)
    if job is None or job.key != question or job.cancelled:
        if job is not None:
            job.cancel()
        work = partial(answer, question, picture, recent_models(), recent_answers())
        job = st.session_state[name] = Job(question, work, session_is_there())
    return job


def answer(
    question: Question,
    picture: Tensor,
    models: RecentResults[Familiar],
    answers: RecentResults[Strangeness],
    job: Job[Any],
) -> Strangeness:
    """How a picture stands among held-out ones, in short pieces between the chains of others."""
    call, device, folder = call_of(job), engine_for().device, model_folder(question.model).parent
    name = question.model, question.digest
    with engine_for().models.lease(*name) as model, models.turn(name):
        familiar = models.get(name)
        if familiar is None:
            space = load_first_space(folder.name, device, beside=folder)
            familiar = learn_familiar(model, held_out_images(folder), space, call)
            models.put(name, familiar, familiar.bytes)
        [found] = familiar.strangeness(model, picture[None], call)
    answers.put(question, found, 1)
    return found


@st.fragment(run_every=POLLED_EVERY)
def wait_for_answer(key: str) -> None:
    """A word that it is looked at; reruns the page when that is done."""
    job: Job[Strangeness] | None = st.session_state.get(f"{key}strangeness")
    if job is None or job.wait(0):
        st.rerun()
    st.caption(_("Looking whether the model knows such pictures …"))


@st.cache_resource
def recent_models() -> RecentResults[Familiar]:
    """What models make of their held-out pictures."""
    return RecentResults(KEPT_BYTES)


@st.cache_resource
def recent_answers() -> RecentResults[Strangeness]:
    """The last answers, of all sessions."""
    return RecentResults(KEPT_ANSWERS)
