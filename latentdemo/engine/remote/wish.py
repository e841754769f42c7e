"""What is asked of an engine in another process, as JSON."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.engine.request import RunRequest
from latentdemo.errors import SamplingError
from latentdemo.sampling import PLAIN, ChainSpec
from latentdemo.sampling.densities.store import densities_digest
from latentdemo.sampling.starts import PRIOR

Rows = list[list[float]]
Planes = list[list[list[float | None]]]


class Wish(BaseModel):
    """Chains to walk, and what to keep of them; see `RunRequest` and its `ChainSpec`, which check what it says."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(description="Name of the model, such as avatars/vae.")
    kernel: str = PLAIN
    options: dict[str, bool | int | float | str] = Field({}, description="The kernel's own settings.")
    start: str | Rows = Field(PRIOR, description="prior, density, data, the name of a density, or latents (N, D).")
    count: int = Field(64, description="Number of chains.")
    steps: int = Field(10, description="Steps that each takes.")
    seed: int = 7
    stop_at: float | None = Field(None, description="Chains stop once they are as likely as this share of real data.")
    noise: str = Field("own", description="own, or shared by all chains.")
    density: str | None = Field(None, description="Name of the density to follow; null takes the kernel's usual one.")
    known: Planes | None = Field(None, description="Known pixels (C, H, W) in [0, 1], null where one is missing.")
    record: list[int] | Literal["all"] | None = Field(None, description="Steps to keep; null keeps first and last.")
    images: bool = Field(True, description="Whether to keep pictures, too.")
    first: int = Field(0, description="Number of the first chain, of those that the seed has.")
    digest: str = Field("", description="Of the weights that are meant; empty takes those that lie there.")
    made_of: str = Field("", description="See digest_of; empty takes the files that lie there.")
    run: str = Field(default="", description="A name of your choice, to look after the run and to cancel it by.")

    @classmethod
    def of(cls, request: RunRequest) -> Self | None:
        """A request as a wish; None where it holds what only this process has: a loaded model, kernel or density.

        Raises:
            LatentdemoError: the model cannot be read.
        """
        spec = request.spec
        if not isinstance(request.model, str):
            return None
        try:
            return cls(
                model=request.model,
                kernel=spec.kernel,  # type: ignore[arg-type]  # what is no name does not pass
                options=dict(spec.options or {}),
                start=spec.start if isinstance(spec.start, str) else spec.start.detach().cpu().float().tolist(),
                count=spec.count,
                steps=spec.steps,
                seed=spec.seed,
                stop_at=None if spec.stop_at is None else float(spec.stop_at),
                noise=spec.noise,
                density=spec.density,  # type: ignore[arg-type]
                known=None if spec.known is None else spec.known.tolist(),
                record=list(request.kept),
                images=request.images,
                first=request.first,
                digest=request.digest,
                made_of=digest_of(request.model),
            )
        except ValidationError:
            return None

    def request(self) -> RunRequest:
        """What it asks for; raises SamplingError for something that cannot be run."""
        spec = ChainSpec(
            self.kernel,
            options=self.options,
            start=self.start if isinstance(self.start, str) else tensor_of(self.start, "start"),
            count=self.count,
            steps=self.steps,
            seed=self.seed,
            stop_at=self.stop_at,
            noise=self.noise,  # type: ignore[arg-type]  # ChainSpec checks it
            density=self.density,
            known=None if self.known is None else tensor_of(self.known, "known"),
        )
        return RunRequest(self.model, spec, self.record, self.images, self.digest, self.first)


def tensor_of(rows: Rows | Planes, name: str) -> Tensor:
    """Lists of numbers as a float32 tensor, NaN where there is none; SamplingError where they differ in length."""
    try:
        return torch.from_numpy(np.array(rows, dtype=np.float32))
    except ValueError:
        raise SamplingError(f"{name} holds lists of different lengths; make them equal") from None


def digest_of(model: str) -> str:
    """Digests of all that a model on this machine is made of, and of its densities; raises as `read_config` does."""
    folder = model_folder(model)
    return f"{read_config(folder).digest}-{densities_digest(folder)}"
