"""What was measured of paths between pictures, by the way in which they are laid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from latentdemo.evaluation.report.measured import DISTANCE, Measured
from latentdemo.sampling.interpolation import PathKind
from latentdemo.sampling.paths import PathSpec

LARGEST_JUMP, ENDS_KEPT = "largest_jump", "ends_kept"


@dataclass(frozen=True)
class PathWay(Measured):
    """One way to lay paths between ends of one sort, and how good they are.

    Attributes:
        ends: where they lead from and to: "prior" for draws, "data" for encodings of held-out pictures.
        spec: how they are laid.
        steps: of the plain chain that all their frames have taken, with common noise.

    `judged` holds the Fréchet distance of the middle frames from held-out pictures in each feature space; `own` how
    even the paths are (largest step over mean step, 1 for an even one) and how much is left of their ends (0 to 1).
    """

    ends: str = field(kw_only=True)
    spec: PathSpec = field(kw_only=True)
    steps: int = field(default=0, kw_only=True)

    def distance(self, space: str) -> float:
        """The mean Fréchet distance in a feature space."""
        return self.judged[space][DISTANCE].mean

    def values(self) -> dict[str, Any]:
        """The way as it lies in a file."""
        return {"ends": self.ends, "steps": self.steps} | asdict(self.spec) | self.written()


@dataclass(frozen=True)
class PathReport:
    """How paths between pictures of a model fare.

    Attributes:
        model_sha256, density_sha256: digests of the weights and of the fitted densities.
        map: name of the density whose base space paths lead through; empty where there is none.
        pairs: of ends, in each repetition; frames: of a path, of which the three in the middle are judged.
        seeds: one repetition each.
        overlap: of the repetitions' held-out pictures, see `Interval`.
        device, created: what it was measured on, and the date, ISO 8601.
        spaces: name of a feature space -> digest.
        decoded: "prior" and "data" -> what as many ends come to that no path joins, decoded: no path can be expected to
            do better.
        ways: all that were measured.
    """

    model_sha256: str
    density_sha256: str
    map: str
    pairs: int
    frames: int
    seeds: list[int]
    overlap: float
    device: str
    created: str
    spaces: Mapping[str, str]
    decoded: Mapping[str, Measured]
    ways: list[PathWay]

    def values(self) -> dict[str, Any]:
        """This as it lies in a file."""
        decoded = {ends: each.written() for ends, each in self.decoded.items()}
        return dict(vars(self)) | {"decoded": decoded, "ways": [way.values() for way in self.ways]}

    def of(self, ends: str) -> list[PathWay]:
        """The ways between ends of one sort."""
        return [way for way in self.ways if way.ends == ends]


def path_way(measured: Measured, ends: str, kind: PathKind, mean_steps: int, even: bool, steps: int) -> PathWay:
    """A way as it lies in a file."""
    spec = PathSpec(kind, mean_steps, even)
    return PathWay(measured.own, measured.judged, measured.mix, ends=ends, spec=spec, steps=steps)
