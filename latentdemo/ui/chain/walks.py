"""Chains of which every step is kept, with their figures: walked off the screen's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.engine import Job, RecentResults, RunRequest, engine_for
from latentdemo.errors import DataError
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.metrics.trace import MIDDLE, Surroundings, Trace, trace
from latentdemo.export.settings import GIVEN
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.attributes import directions_of
from latentdemo.sampling.densities.resolve import best_density
from latentdemo.ui.runs.encodings import Encoded, encoded_once, recent_encodings
from latentdemo.ui.runs.starting_point import StartingPoint, start_latents
from latentdemo.ui.state.background import Task, call_of, result_or_wait

KEPT_BYTES = 64 * 2**20  # bytes of pictures that are kept for all sessions together
WALKED = 0.7  # share of the work that is done once the chains have walked; the rest encodes real data


@dataclass(frozen=True)
class WalkRequest:
    """Chains to walk; equal requests give equal pictures.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        point: where the chains start; its seed fixes their noise too.
        spec: of the chains; where they start at a picture, or are moved, its start is `GIVEN`.
    """

    model: str
    digest: str
    densities: str
    point: StartingPoint
    spec: ChainSpec


@dataclass(frozen=True)
class Walk:
    """Chains that have walked.

    Attributes:
        run: every step of them.
        trace: their figures.
        sheet: PNG of the frames, chain under chain, step beside step; under them the pictures that were given.
        given: the picture that they started from and, where it was damaged, the damaged one, (1 or 2, C, H, W); None
            for the prior.
        encoded: real data in the latent space; None where there is none that can be read.
        usual_distance: from real data, of most real data itself; None in the same case.
        usual_log_density: of most real data in nats; None where there is no density.
    """

    run: ChainRun
    trace: Trace
    sheet: bytes
    given: Tensor | None
    encoded: Encoded | None
    usual_distance: tuple[float, float] | None
    usual_log_density: tuple[float, float] | None

    @property
    def bytes(self) -> int:
        """What frames weigh."""
        return len(self.sheet) + sum(images.nbytes for images in self.run.images.values())


@st.cache_resource
def recent_walks() -> RecentResults[Walk]:
    """The last chains of all sessions."""
    return RecentResults(KEPT_BYTES)


def walk_or_wait(request: WalkRequest) -> Walk | None:
    """The chains of a request; None where there is nothing yet, see `result_or_wait`."""
    kept = recent_encodings()  # looked up here, as Streamlit does not know the job's thread
    return result_or_wait(
        Task(request, lambda job: walk(request, kept, job), recent_walks(), lambda result: result.bytes)
    )


def walk(request: WalkRequest, kept: RecentResults[Encoded], job: Job[Any]) -> Walk:
    """Run the chains of a request and take their figures."""
    with engine_for().models.lease(request.model, request.digest) as model:
        return walk_with(model, request, kept, job)


def walk_with(model: GenerativeAutoencoder, request: WalkRequest, kept: RecentResults[Encoded], job: Job[Any]) -> Walk:
    """The same, of a loaded model."""
    point = request.point
    spec = request.spec
    if point.move:
        directions_of(model, call_of(job))  # which are then in memory
    if spec.start == GIVEN:
        on = encoded_once(request.model, request.digest, kept, job) if point.place else None
        spec = spec.replaced(start=engine_for().call(lambda: start_latents(point, model, spec.count, on)))
    wanted = RunRequest(request.model, spec, "all", digest=request.digest)
    run = job.walk(wanted, (0.0, WALKED))
    given = pictures_given(request)
    encoded = real_data(request, kept, job)
    surroundings = None if encoded is None else Surroundings(encoded.latents)
    fitted = best_density(model)
    return Walk(
        run,
        trace(run, surroundings, fitted, None if given is None else given[0]),
        sheet_of(run, given),
        given,
        encoded,
        None if surroundings is None else surroundings.usual,
        None if fitted is None else (fitted.threshold(MIDDLE[0]), fitted.threshold(MIDDLE[1])),
    )


def real_data(request: WalkRequest, kept: RecentResults[Encoded], job: Job[Any]) -> Encoded | None:
    """Held-out images in the latent space; None where there are none, or too few, to compare with."""
    try:
        return encoded_once(request.model, request.digest, kept, job, (WALKED, 1.0))
    except (DataError, QualityError):
        return None


def pictures_given(request: WalkRequest) -> Tensor | None:
    """The intact picture that chains start from and, where it is damaged, the damaged one; None for the prior."""
    folder = model_folder(request.model).parent
    intact, seen = request.point.intact(folder), request.point.image(folder)
    if intact is None or seen is None:
        return None
    return torch.stack([intact, seen] if request.point.damaged else [intact])


def sheet_of(run: ChainRun, given: Tensor | None) -> bytes:
    """All frames on one sheet, see `Walk`."""
    frames = torch.stack([run.images[step] for step in sorted(run.images)], dim=1)
    tiles = frames.flatten(0, 1) if given is None else torch.cat([frames.flatten(0, 1), given])
    return png_bytes(contact_sheet(tiles, columns=frames.shape[1], gap=0))
