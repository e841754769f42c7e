"""The chains of the map: as many as there are draws of the prior on it, walked off the screen's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from latentdemo.engine import Job, RecentResults, RunRequest
from latentdemo.ui.runs.encodings import CHAINS, KEPT_BYTES
from latentdemo.ui.state.background import Task, result_or_wait


@dataclass(frozen=True)
class ChainRequest:
    """Chains to draw; equal requests give equal latents.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        seed: fixes starting points and noise.
        kernel: name of the kernel.
        steps: how many.
    """

    model: str
    digest: str
    densities: str
    seed: int
    kernel: str
    steps: int


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
    wanted = RunRequest.of(
        request.model,
        request.kernel,
        count=CHAINS,
        steps=request.steps,
        seed=request.seed,
        record=[request.steps],
        digest=request.digest,
    )
    return job.walk(wanted).latents[request.steps]
