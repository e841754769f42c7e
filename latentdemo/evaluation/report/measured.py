"""What was measured: figures of sets of images, by feature space, and of the ways to sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

from latentdemo.evaluation.interval import Interval
from latentdemo.sampling import KERNELS, PLAIN, ChainSpec
from latentdemo.sampling.starts import PRIOR

GAP = "gap_closed"
DISTANCE = "frechet_distance"
COPYING, MIX = "copying", "mix_change"
PYTHAE = "pythae-"  # The start of rows whose latents a sampler of pythae drew begins with it.
PRIMARY = "damage"  # The feature space of evaluations that were taken in one alone.
JUDGED = (GAP, DISTANCE, "kernel_distance", "precision", "recall", "density", "coverage")
"""Figures that are taken in every feature space."""
HIGHER_IS_BETTER = {
    GAP: True,
    DISTANCE: False,
    "kernel_distance": False,
    "precision": True,
    "recall": True,
    "density": True,
    "coverage": True,
    MIX: False,
    "memorised_share": False,
    "energy_distance": False,
}
"""Figures that can be better or worse. Others (sharpness, what is kept of the start, acceptance) only describe."""

Figures = Mapping[str, Interval]


class Judged(NamedTuple):
    """A figure and the feature space that it was taken in."""

    space: str
    figure: Interval


@dataclass(frozen=True)
class Mix:
    """How samples are spread over the classes of an attribute, as the classifier of labels sees them.

    Attributes:
        total_variation: half the sum of the shares' differences from those of real data, without what chance adds.
        shares: of the classes, in the order of `Report.attributes`.
    """

    total_variation: Interval
    shares: tuple[Interval, ...]

    def apart_from(self, other: Mix) -> float:
        """Half the sum of the shares' differences from others', over all repetitions together."""
        return 0.5 * sum(abs(one.mean - two.mean) for one, two in zip(self.shares, other.shares, strict=True))


@dataclass(frozen=True)
class Measured:
    """What was measured of a set of images.

    Attributes:
        own: name -> figure that needs no feature space, over repetitions.
        judged: name of a feature space -> name -> figure that was taken in it.
        mix: name of an attribute -> how the images are spread over its classes.
    """

    own: Figures
    judged: Mapping[str, Figures] = field(default_factory=dict)
    mix: Mapping[str, Mix] = field(default_factory=dict)

    @cached_property
    def figures(self) -> Figures:
        """All figures that stand alone: the quality gap closed of the strictest feature space, others of the first."""
        strictest = {GAP: self.gap.figure} if self.gap else {}
        first = {name: figure for name, figure in next(iter(self.judged.values()), {}).items() if name != GAP}
        return strictest | first | dict(self.own)

    def judged_by(self, space: str) -> Figures:
        """All figures, those that need a feature space of this one."""
        return dict(self.judged.get(space, {})) | dict(self.own)

    @cached_property
    def gap(self) -> Judged | None:
        """The least quality gap closed of all feature spaces; None unless each has one."""
        found = [Judged(space, figures[GAP]) for space, figures in self.judged.items() if GAP in figures]
        return min(found, key=lambda each: each.figure.mean) if found and len(found) == len(self.judged) else None

    def part(self, repetitions: Sequence[int]) -> Self:
        """The same over some repetitions only."""

        def some(figures: Figures) -> Figures:
            return {name: figure.part(repetitions) for name, figure in figures.items()}

        judged = {space: some(figures) for space, figures in self.judged.items()}
        return replace(self, own=some(self.own), judged=judged)

    def written(self) -> dict[str, Any]:
        """This as it lies in a file."""
        judged = {space: written(figures) for space, figures in self.judged.items()}
        mix = {
            name: [as_written(each.total_variation), *map(as_written, each.shares)] for name, each in self.mix.items()
        }
        return {"figures": written(self.own), "judged": judged, "mix": mix}


def judged_apart(figures: Figures) -> Measured:
    """Figures that were taken in one feature space alone, such as those of older evaluations."""
    judged = {name: figure for name, figure in figures.items() if name in JUDGED}
    return Measured({name: figure for name, figure in figures.items() if name not in JUDGED}, {PRIMARY: judged})


@dataclass(frozen=True)
class Row(Measured):
    """One way to sample, and how good its samples are.

    Attributes:
        spec: of the chains, their number and seed aside; with `stop_at`, `steps` is the most that a chain may take. Of
            no step, a draw that no chain follows, from the start, which may be a sampler of another library.
        average_steps: steps that chains took on average.
        milliseconds: wall-clock time an image, drawing and decoding included, on the device of the report.
    """

    spec: ChainSpec = field(kw_only=True)
    average_steps: float = field(default=0.0, kw_only=True)
    milliseconds: float = field(default=0.0, kw_only=True)

    @classmethod
    def of(
        cls,
        start: str,
        kernel: str,
        steps: int,
        figures: Figures | Measured,
        options: Mapping[str, Any] | None = None,
        stop_at: float | None = None,
        average_steps: float = 0.0,
        milliseconds: float = 0.0,
    ) -> Self:
        """A row as it lies in a file; `kernel` is "" where no chain follows the draw."""
        spec = ChainSpec(kernel or PLAIN, options=options, start=start, steps=steps, stop_at=stop_at)
        found = figures if isinstance(figures, Measured) else judged_apart(figures)
        return cls(
            found.own, found.judged, found.mix, spec=spec, average_steps=average_steps, milliseconds=milliseconds
        )

    def values(self) -> dict[str, Any]:
        """The row as it lies in a file."""
        way = {"start": self.start, "kernel": self.kernel, "steps": self.steps}
        way |= {"options": self.options, "stop_at": self.stop_at}
        return way | {"average_steps": self.average_steps, "milliseconds": self.milliseconds} | self.written()

    @property
    def start(self) -> str:
        """Name of the starting point, or of the sampler of another library that drew the latents."""
        return str(self.spec.start)

    @property
    def kernel(self) -> str:
        """Name of the kernel; "" for a draw that no chain follows."""
        return str(self.spec.kernel) if self.spec.steps else ""

    @property
    def steps(self) -> int:
        """Chain steps."""
        return self.spec.steps

    @property
    def options(self) -> dict[str, Any]:
        """The kernel's own settings, those at their usual value left out."""
        return self.spec.own_options

    @property
    def decodes(self) -> bool:
        """Whether its chains decode and encode: the first step of some kernels does not."""
        first = KERNELS[self.kernel].decodes_from if self.kernel in KERNELS else None
        return first is not None and self.steps >= first

    @property
    def stop_at(self) -> float | None:
        """Chains stop once they are as likely as this share of real data; None lets all take every step."""
        return self.spec.stop_at

    @property
    def is_prior(self) -> bool:
        """Whether this is the plain prior sample."""
        return self.start == PRIOR and self.steps == 0

    @property
    def is_external(self) -> bool:
        """Whether a sampler of pythae drew the latents."""
        return self.start.startswith(PYTHAE)

    @property
    def is_plain(self) -> bool:
        """Whether this is the paper's chain: decode and encode from the prior, every step, without settings."""
        usual = self.start == PRIOR and not self.options and self.stop_at is None
        return usual and self.kernel == PLAIN


def written(figures: Figures) -> dict[str, list[float]]:
    """Figures as they lie in a file: the values of all repetitions."""
    return {name: as_written(figure) for name, figure in figures.items()}


def as_written(figure: Interval) -> list[float]:
    """A figure's values; where only its mean is known, that."""
    return list(figure.values or (figure.mean,))
