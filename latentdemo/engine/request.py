"""What a client asks of the engine, within limits that hold whoever asks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from torch import Tensor

from latentdemo.checkpoints.config import MAX_IMAGE_SIDE
from latentdemo.errors import LimitError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import Info
from latentdemo.sampling.chain import BATCH, Noise, check_start, steps_to_record
from latentdemo.sampling.checks import are_options, is_latents, is_one_of, is_share, is_whole, require

MAX_CHAINS = 50_000  # the customary sample of a Fréchet distance
MAX_STEPS = 1_000  # five times the longest run of an evaluation: a chain that has not mixed by then never does
MAX_SEED = 2**63 - 1  # what other programs read as a whole number
MAX_RESULT_BYTES = 2**31  # 10,000 colour pictures of 64 x 64 pixels at four steps
FLOAT_BYTES = 4


@dataclass(frozen=True, eq=False)
class RunRequest:
    """Chains to walk. What is not explained here is as in `latentdemo.sampling.run_chain`.

    Attributes:
        model: its name, or a model that was loaded already.
        kernel, count, steps, seed, record, start, options, stop_at, noise, images: see `run_chain`.
        digest: of the weights that a name stands for; empty takes those on disk.
        first: number of the first chain, of those that the seed has.

    Raises:
        SamplingError: a value of another kind, or beyond a limit.
    """

    model: str | GenerativeAutoencoder
    kernel: str = "decode-encode"
    count: int = 64
    steps: int = 10
    seed: int = 7
    record: Sequence[int] | Literal["all"] | None = None
    start: str | Tensor = "prior"
    options: Mapping[str, Any] | None = None
    stop_at: float | None = None
    noise: Noise = "own"
    images: bool = True
    digest: str = ""
    first: int = 0

    def __post_init__(self) -> None:
        self.require("model", isinstance(self.model, str | GenerativeAutoencoder), "a name or a loaded model")
        self.require("kernel", isinstance(self.kernel, str), "a name")
        self.require("start", is_start(self.start), f"a name, or latents (N, D) of 1 to {MAX_CHAINS:,} chains")
        self.require("count", is_whole(self.count, 1, MAX_CHAINS), f"a whole number from 1 to {MAX_CHAINS:,}")
        self.require("steps", is_whole(self.steps, 0, MAX_STEPS), f"a whole number from 0 to {MAX_STEPS:,}")
        self.require("seed", is_whole(self.seed, 0, MAX_SEED), f"a whole number from 0 to {MAX_SEED}")
        self.require("first", is_whole(self.first, 0, MAX_CHAINS), f"a whole number from 0 to {MAX_CHAINS:,}")
        self.require("options", are_options(self.options), "None, or texts and numbers by name")
        self.require("stop_at", is_share(self.stop_at), "None, or a share from 0 to 1")
        self.require("noise", is_one_of(self.noise, get_args(Noise)), " or ".join(get_args(Noise)))
        self.require("images", isinstance(self.images, bool), "True or False")
        self.require("digest", isinstance(self.digest, str), "a text")
        steps_to_record(self.record, self.steps)
        self.hold("start", self.start.clone() if isinstance(self.start, Tensor) else self.start)
        self.hold("options", None if self.options is None else dict(self.options))
        self.hold("record", self.record if self.record is None or isinstance(self.record, str) else tuple(self.record))

    def hold(self, name: str, value: object) -> None:
        """Hold a copy, so that what was checked stays as it was."""
        object.__setattr__(self, name, value)

    def require(self, name: str, fits: bool, words: str) -> None:
        """Raise SamplingError where a value does not fit."""
        require(name, getattr(self, name), fits, words)

    @property
    def chains(self) -> int:
        """How many chains it is: as many as there are latents to start from, else `count`."""
        return len(self.start) if isinstance(self.start, Tensor) else self.count

    @cached_property
    def kept(self) -> tuple[int, ...]:
        """The steps to record, ascending."""
        return tuple(sorted(steps_to_record(self.record, self.steps)))

    @property
    def law(self) -> Hashable:
        """Equal for requests whose chains may take a step together, if they are of one model."""
        return (self.kernel, tuple(sorted((self.options or {}).items())), self.stop_at)

    @cached_property
    def key(self) -> Hashable:
        """Equal for requests whose results are equal."""
        start: Hashable = self.start
        if isinstance(self.start, Tensor):
            content = self.start.detach().cpu().float().contiguous().numpy().tobytes()
            start = (tuple(self.start.shape), hashlib.sha256(content).hexdigest())
        chains = (self.first, self.chains)
        kept = (self.kept, self.images)
        return (self.model, self.digest, self.law, chains, self.steps, self.seed, kept, start, self.noise)

    def result_bytes(self, model: GenerativeAutoencoder) -> int:
        """What the recorded steps and the figures of all steps weigh, at most."""
        recorded = len(self.kept) * (math.prod(model.image_shape) * self.images + model.latent_size)
        return FLOAT_BYTES * self.chains * (recorded + self.steps * len(Info._fields))

    def check_model(self, model: GenerativeAutoencoder) -> None:
        """Raise SamplingError where a model cannot serve the request, LimitError where only beyond the limits."""
        if isinstance(self.start, Tensor):
            check_start(self.start, model.latent_size)
        side = max(model.image_shape[1:])
        if side > MAX_IMAGE_SIDE:
            raise LimitError(f"the model's pictures are {side} pixels wide; the limit is {MAX_IMAGE_SIDE}")
        size = self.result_bytes(model)
        if size > MAX_RESULT_BYTES:
            raise LimitError(
                f"the result would weigh {size / 2**20:,.0f} MB, and the limit is {MAX_RESULT_BYTES / 2**20:,.0f}: "
                "ask for fewer chains, or record fewer steps"
            )


def batches_of(model: str | GenerativeAutoencoder, kernel: str, count: int, **asked: Any) -> Iterator[RunRequest]:
    """Requests for chains in parts, as `latentdemo.sampling.run_batches` divides them."""
    for first in range(0, count, BATCH):
        yield RunRequest(model, kernel, min(BATCH, count - first), first=first, **asked)


def is_start(value: object) -> bool:
    """Whether a value names a start, or is latents of no more chains than one request may have."""
    return isinstance(value, str) or (is_latents(value) and len(value) <= MAX_CHAINS)  # type: ignore[arg-type]
