"""The chains of the map: as many as there are draws of the prior on it, walked off the screen's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from latentdemo.engine import Job, RecentResults, RunRequest
from latentdemo.sampling import ChainSpec
from latentdemo.ui.runs.encodings import KEPT_BYTES
from latentdemo.ui.state.background import Task, result_or_wait


@dataclass(frozen=True)
class ChainRequest:
    """Chains to draw; equal requests give equal latents.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        spec: of the chains.
    """

    model: str
    digest: str
    densities: str
    spec: ChainSpec


@st.cache_resource
def recent_chains() -> RecentResults[Tensor]:
    """Latents of the last chains of all sessions."""
    return RecentResults(KEPT_BYTES)


def chains_or_wait(request: ChainRequest) -> Tensor | None:
    """Latents (N, D) of chains from the prior after their steps; None where there is nothing yet."""
    return result_or_wait(
        Task(request, lambda job: walk_chains(request, job), recent_chains(), lambda latents: latents.nbytes)
    )


def walk_chains(request: ChainRequest, job: Job[Any]) -> Tensor:
    """Run the chains of a request."""
    steps = request.spec.steps
    return job.walk(RunRequest(request.model, request.spec, [steps], digest=request.digest)).latents[steps]
