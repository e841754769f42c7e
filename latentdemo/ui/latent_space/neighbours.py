"""The map by likeness: encodings that are near each other in all dimensions lie near each other, by t-SNE."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import torch

from latentdemo.engine import Job, RecentResults
from latentdemo.evaluation.metrics.neighbour_map import neighbour_map
from latentdemo.ui.runs.encodings import Encoded, prior_draws
from latentdemo.ui.state.background import Task, result_or_wait

KEPT_BYTES = 2**20  # bytes of maps that are kept for all sessions together
SHOWN = 0.95  # the outermost points lie at this share of the map's half


@st.cache_resource
def recent_maps() -> RecentResults[np.ndarray]:
    """The maps looked at last."""
    return RecentResults(KEPT_BYTES)


def neighbours_or_wait(digest: str, seed: int, encoded: Encoded) -> np.ndarray | None:
    """Places (N + M, 2) from -1 to 1, y upwards, of N encodings and behind them the M prior draws of a seed.

    None where there is nothing yet, see `result_or_wait`.
    """
    key = ("neighbours", digest, seed)
    return result_or_wait(
        Task(key, lambda job: lay_out(seed, encoded, job), recent_maps(), lambda places: places.nbytes)
    )


def lay_out(seed: int, encoded: Encoded, job: Job[Any]) -> np.ndarray:
    """The map, of encodings and prior draws together: t-SNE has no place for what comes later."""
    places = neighbour_map(torch.cat([encoded.latents, prior_draws(encoded.latents.shape[1], seed)]))
    job.check()
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    return SHOWN * (places - middle) / np.abs(places - middle).max()
