"""What a client asks of the engine, within limits that hold whoever asks."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.checkpoints.config import MAX_IMAGE_SIDE
from latentdemo.data.held_out import held_out_written
from latentdemo.errors import LimitError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import PICTURE_DRAWS
from latentdemo.sampling import PLAIN, ChainSpec, Kernel
from latentdemo.sampling.chain import BATCH, Record
from latentdemo.sampling.densities.store import densities_digest
from latentdemo.sampling.spec import chain_spec, is_whole, require, steps_to_record
from latentdemo.sampling.starts import DATA

MAX_CHAINS = 50_000  # The customary sample of a Fréchet distance.
MAX_FIRST = PICTURE_DRAWS - MAX_CHAINS  # Streams of higher numbers have another purpose.
MAX_STEPS = 1_000  # Five times the longest run of an evaluation: a chain that has not mixed by then never does.
MAX_SEED = 2**63 - 1  # Other programs read no larger whole number.
MAX_RESULT_BYTES = 2**31  # These are 10,000 colour pictures of 64 x 64 pixels at four steps.
FLOAT_BYTES = 4
FIGURES_A_STEP = 8  # A kernel reports no more figures of a chain at a step.


@dataclass(frozen=True, eq=False)
class RunRequest:
    """Chains to walk, and what to keep of them.

    Attributes:
        model: its name, or a model that was loaded already.
        spec: of the chains.
        record, images: what to keep, see `latentdemo.sampling.run_chain`.
        digest: of the weights that a name stands for; empty takes those on disk.
        first: number of the first chain, of those that the seed has.

    Raises:
        SamplingError: a value of another kind, or beyond a limit.
    """

    model: str | GenerativeAutoencoder
    spec: ChainSpec
    record: Record = None
    images: bool = True
    digest: str = ""
    first: int = 0

    def __post_init__(self) -> None:
        require("model", self.model, isinstance(self.model, str | GenerativeAutoencoder), "a name or a loaded model")
        require("spec", self.spec, isinstance(self.spec, ChainSpec), "a ChainSpec")
        few = self.spec.count <= MAX_CHAINS or isinstance(self.spec.start, str)
        require("start", self.spec.start, few, f"a name, or latents (N, D) of 1 to {MAX_CHAINS:,} chains")
        for name, value, least, most in (
            ("count", self.spec.count, 1, MAX_CHAINS),
            ("steps", self.spec.steps, 0, MAX_STEPS),
            ("seed", self.spec.seed, 0, MAX_SEED),
            ("first", self.first, 0, MAX_FIRST),
        ):
            require(name, value, is_whole(value, least, most), f"a whole number from {least} to {most:,}")
        require("images", self.images, isinstance(self.images, bool), "True or False")
        require("digest", self.digest, isinstance(self.digest, str), "a text")
        kept = steps_to_record(self.record, self.spec.steps)
        object.__setattr__(self, "record", tuple(sorted(kept)))  # What was checked stays as it was.

    @classmethod
    def of(
        cls,
        model: str | GenerativeAutoencoder,
        kernel: str | Kernel | ChainSpec = PLAIN,
        *,
        record: Record = None,
        images: bool = True,
        digest: str = "",
        first: int = 0,
        **settings: Any,
    ) -> Self:
        """A request by the settings of its `ChainSpec`, as `run_chain` takes them."""
        return cls(model, chain_spec(kernel, **settings), record, images, digest, first)

    @property
    def kept(self) -> tuple[int, ...]:
        """The steps to record, ascending."""
        assert isinstance(self.record, tuple)
        return self.record

    @cached_property
    def key(self) -> Hashable:
        """Equal for requests whose results are equal."""
        return (self.model, self.digest, self.spec.key, self.first, self.kept, self.images)

    def result_bytes(self, model: GenerativeAutoencoder) -> int:
        """What the recorded steps and the figures of all steps weigh, at most."""
        recorded = len(self.kept) * (math.prod(model.image_shape) * self.images + model.latent_size)
        return FLOAT_BYTES * self.spec.count * (recorded + self.spec.steps * FIGURES_A_STEP)

    def check_model(self, model: GenerativeAutoencoder) -> None:
        """Raise SamplingError where a model cannot serve the request, LimitError where only beyond the limits."""
        self.spec.check_model(model.latent_size, model.image_shape)
        side = max(model.image_shape[1:])
        if side > MAX_IMAGE_SIDE:
            raise LimitError(f"the model's pictures are {side} pixels wide; the limit is {MAX_IMAGE_SIDE}")
        size = self.result_bytes(model)
        if size > MAX_RESULT_BYTES:
            raise LimitError(
                f"the result would weigh {size / 2**20:,.0f} MB, and the limit is {MAX_RESULT_BYTES / 2**20:,.0f}: "
                "ask for fewer chains, or record fewer steps"
            )


def batches_of(
    model: str | GenerativeAutoencoder, spec: ChainSpec, record: Record = None, images: bool = True, first: int = 0
) -> Iterator[RunRequest]:
    """Requests for the chains of a spec in parts, as `latentdemo.sampling.run_batches` divides them."""
    for place in range(0, spec.count, BATCH):
        part = spec.part(place, min(BATCH, spec.count - place))
        yield RunRequest(model, part, record, images, first=first + place)


def files_digests(request: RunRequest) -> tuple[Hashable, str]:
    """What tells apart the files that results depend on: a named model's own and its start's, and its densities."""
    if not isinstance(request.model, str):
        return None, densities_digest(request.model.folder)
    folder = model_folder(request.model)
    config = read_config(folder)
    made_of = config.digest if request.digest in ("", config.sha256) else request.digest
    return (made_of, held_out_written(folder.parent) if request.spec.start == DATA else 0), densities_digest(folder)
