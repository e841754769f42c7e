"""What a bulk run is: chains of a model, what is kept of them, and how they are dealt into shards."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, get_args

import torch

from latentdemo._version import __version__
from latentdemo.checkpoints import Precision, best_precision, model_folder, read_config
from latentdemo.cluster.formats import FORMATS
from latentdemo.engine.request import MAX_FIRST, MAX_STEPS
from latentdemo.errors import ClusterError
from latentdemo.models import pick_device
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.chain import Record
from latentdemo.sampling.densities.store import densities_digest
from latentdemo.sampling.spec import is_whole, require, steps_to_record

CHAINS_A_SHARD = 4096  # what a GPU takes at a step; on a core of a CPU a shard of ten steps is some ten seconds of work
SHARD_FOLDER = "_shards"


@dataclass(frozen=True)
class BulkJob:
    """Chains 0 to count - 1 of a seed, and the files that they go to. Equal jobs make equal files.

    Attributes:
        model: its name.
        model_sha256, densities_sha256: digests of its weights, and of what was fitted to it.
        spec: of the chains.
        recorded: steps to keep, ascending.
        format: of the files, one of `FORMATS`.
        chains_a_shard: how many chains a file holds.
        precision: of the networks, on every machine.
        versions: of what walks the chains, the same on every machine.
    """

    model: str
    model_sha256: str
    densities_sha256: str
    spec: ChainSpec
    recorded: tuple[int, ...]
    format: str
    chains_a_shard: int
    precision: Precision
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        model: str,
        spec: ChainSpec,
        *,
        record: Record = None,
        format: str = "parquet",
        chains_a_shard: int = CHAINS_A_SHARD,
        precision: Precision | None = None,
    ) -> BulkJob:
        """A job on the model that lies here.

        Args:
            model: its name.
            spec: of the chains, whose kernel, start and density are names, for workers to find them by.
            record: steps to keep; None keeps the first and the last.
            format: of the files.
            chains_a_shard: how many chains a file holds.
            precision: of the networks; None takes what they serve in on this machine.

        Raises:
            SamplingError: something that cannot be run.
            LatentdemoError: the model cannot be read.
        """
        named = all(isinstance(each, str | None) for each in (spec.kernel, spec.start, spec.density))
        require("spec", spec, named, "one whose kernel, start and density are names")
        require("count", spec.count, is_whole(spec.count, 1, MAX_FIRST), f"a whole number from 1 to {MAX_FIRST:,}")
        require("steps", spec.steps, is_whole(spec.steps, 0, MAX_STEPS), f"a whole number from 0 to {MAX_STEPS:,}")
        require("format", format, format in FORMATS, f"one of {', '.join(FORMATS)}")
        require("chains_a_shard", chains_a_shard, is_whole(chains_a_shard, 1, 10**6), "a whole number from 1 up")
        require("precision", precision, precision in (None, *get_args(Precision)), "float32 or bf16")
        folder = model_folder(model)
        return cls(
            model,
            read_config(folder).sha256,
            densities_digest(folder),
            spec,
            tuple(sorted(steps_to_record(record, spec.steps))),
            format,
            chains_a_shard,
            precision or best_precision(pick_device()),
            versions_here(),
        )

    @property
    def shards(self) -> int:
        """How many files it makes."""
        return -(-self.spec.count // self.chains_a_shard)

    def chains(self, shard: int) -> range:
        """Numbers of a shard's chains."""
        first = shard * self.chains_a_shard
        return range(first, min(first + self.chains_a_shard, self.spec.count))

    def name(self, shard: int) -> str:
        """Of a shard, as its file is called before the ending."""
        return f"part-{shard:06d}"

    def values(self) -> dict[str, Any]:
        """All of it, as it stands in the manifest."""
        spec = self.spec
        return {
            "model": self.model,
            "model_sha256": self.model_sha256,
            "densities_sha256": self.densities_sha256,
            "kernel": spec.kernel,
            "options": spec.own_options,
            "start": spec.start,
            "density": spec.density,
            "stop_at": spec.stop_at,
            "noise": spec.noise,
            "seed": spec.seed,
            "count": spec.count,
            "steps": spec.steps,
            "recorded": list(self.recorded),
            "format": self.format,
            "chains_a_shard": self.chains_a_shard,
            "precision": self.precision,
            "versions": dict(self.versions),
        }

    @property
    def digest(self) -> str:
        """The same for equal jobs only."""
        return hashlib.sha256(json.dumps(self.values(), sort_keys=True).encode()).hexdigest()

    def check_versions(self) -> None:
        """Raise ClusterError where this machine would walk other chains."""
        if versions_here() != self.versions:
            raise ClusterError(
                f"this machine has {in_words(versions_here())}, and the run was begun with {in_words(self.versions)}: "
                "install the same versions on all machines"
            )


def versions_here() -> tuple[tuple[str, str], ...]:
    """Versions of what walks chains."""
    return (("latentdemo", __version__), ("torch", str(torch.__version__)))


def in_words(versions: tuple[tuple[str, str], ...]) -> str:
    """Versions in a sentence."""
    return " and ".join(f"{name} {version}" for name, version in versions)
