"""What an evaluation says of a model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report.measured import DISTANCE, GAP, Measured, Row
from latentdemo.evaluation.report.paths import PathReport
from latentdemo.sampling import KERNELS

SCHEMA, OLDER = 3, 2  # Versions of the file's form: that is written, and that is read as well.
OWN_FORM = ("references", "rows", "paths")  # Parts that say themselves how they lie in the file.
REAL_DATA, CEILING = "real data", "ceiling"


class EvaluationError(LatentdemoError):
    """An evaluation that cannot be read, or cannot be made as asked."""


@dataclass(frozen=True)
class Recommendation:
    """What the figures advise.

    Attributes:
        row: index of the recommended row; None says "leave this model alone".
        best: index of the row with the most gap closed.
        gains, harms: figures in which the recommended row is better, or worse, than the prior by more than chance
            explains, in some feature space.
        reason: why: "pays"; or, for leaving the model alone, "no gap", "nothing to gain", "chance", "unconfirmed" (what
            one half of the repetitions chooses, the other does not confirm), or what every way that closes any of the
            gap does: "coverage" (loses it), "mix" (shifts it) or "copies".
        told_on: repetitions that its figures are told of, which did not choose it; all where there are too few.
    """

    row: int | None
    best: int
    gains: list[str]
    harms: list[str]
    reason: str = "pays"
    told_on: tuple[int, ...] = ()


@dataclass(frozen=True)
class Report:
    """The evaluation of a model.

    Attributes:
        model: its name.
        model_sha256: digest of its weights.
        density_sha256: digest of the fitted densities.
        spaces: name of a feature space -> "name" in words, "sha256", and "size" and "accuracy" where it is a
            classifier. Figures of different ones cannot be compared. The first is the one that is sensitive to damage.
        count: held-out images in each repetition; the references are of as many.
        seeds: one repetition each.
        overlap: of the repetitions' held-out images, see `Interval`.
        device: what it was measured on.
        created: date, ISO 8601.
        versions: of what measured it.
        references: "real data" and "ceiling", and chains from the encodings of real data (see `from_data`) -> what
            was measured of them.
        rows: all ways to sample; the prior sample is among them.
        recommendation: drawn from the rows.
        latent_space: what `analyse_latent_space` found, before any chain.
        diagnostics: name of a kernel -> long-run diagnostics.
        training_images: whether these references were taken of training images; else of held-out ones that the
            comparison did not use.
        precision: of the networks while figures were taken, "float32" or "bf16"; costs are of the model as it serves.
        attributes: name of a label -> its classes, in the order of `Mix.shares`.
        samplers: versions and settings of the samplers of pythae, where any are among the rows.
        paths: what was measured of paths between pictures, apart from all this; None where nobody has.
        samples: drawn of each way, in each repetition; None where a file does not tell, for they are `count`. Where
            there are more, figures by nearest neighbours are taken of `count` of them.
        schema: version of this file's form.
    """

    model: str
    model_sha256: str
    density_sha256: str
    spaces: Mapping[str, Mapping[str, Any]]
    count: int
    seeds: list[int]
    overlap: float
    device: str
    created: str
    versions: Mapping[str, str]
    references: Mapping[str, Measured]
    rows: list[Row]
    recommendation: Recommendation
    latent_space: Mapping[str, Any] = field(default_factory=dict)
    diagnostics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    training_images: bool = True
    precision: str = "float32"
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    samplers: Mapping[str, Any] = field(default_factory=dict)
    paths: PathReport | None = None
    samples: int | None = None
    schema: int = SCHEMA

    def values(self) -> dict[str, Any]:
        """The report as it lies in its file."""
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in OWN_FORM}
        values: dict[str, Any] = json.loads(json.dumps(plain, default=asdict))
        references = {name: measured.written() for name, measured in self.references.items()}
        paths = self.paths and self.paths.values()
        if self.samples is None:
            del values["samples"]  # as in files that do not tell
        return values | {"references": references, "rows": [row.values() for row in self.rows], "paths": paths}

    @property
    def drawn(self) -> int:
        """Samples of each way, in each repetition."""
        return self.samples or self.count

    @property
    def features(self) -> Mapping[str, Any]:
        """The first feature space."""
        return next(iter(self.spaces.values()))

    @property
    def ceiling(self) -> Measured | None:
        """What the decoder makes of encodings of real data; None where it was not measured."""
        return self.references.get(CEILING)

    @property
    def prior(self) -> Row:
        """The plain prior sample."""
        return next(row for row in self.rows if row.is_prior)

    @property
    def recommended(self) -> Row | None:
        """The recommended row, unless the model is best left alone."""
        return None if self.recommendation.row is None else self.rows[self.recommendation.row]

    @property
    def told(self) -> Measured | None:
        """The recommended row's figures, of repetitions that did not choose it."""
        return self.recommended.part(self.recommendation.told_on) if self.recommended else None

    @property
    def gain(self) -> str:
        """The figure that says what is gained: the gap closed, or the Fréchet distance where there is no gap."""
        return GAP if GAP in self.prior.figures else DISTANCE

    @property
    def best_plain(self) -> Row | None:
        """The plain chain of the most gap closed, if any was measured."""
        return most_closed(row for row in self.rows if row.is_plain and row.gap)

    @property
    def best_chain(self) -> Row | None:
        """The chain of the most gap closed, of a kernel that decodes and encodes, if any was measured; its one step may
        be the map that such a chain begins with."""
        return most_closed(row for row in self.rows if row.gap and row.kernel and KERNELS[row.kernel].decodes)

    @property
    def best_decoding_chain(self) -> Row | None:
        """The chain of the most gap closed of those that have decoded and encoded, if any was measured."""
        return most_closed(row for row in self.rows if row.gap and row.decodes)

    @property
    def best_draw(self) -> Row | None:
        """The draw that no chain follows of the most gap closed, if any was measured."""
        return most_closed(row for row in self.rows if row.gap and not (row.kernel or row.is_prior or row.is_external))

    @property
    def sampler_epochs(self) -> dict[str, int]:
        """Measured samplers of pythae that are trained, by name, and for how many epochs."""
        measured = {row.start for row in self.rows if row.is_external}
        epochs: Mapping[str, int | None] = self.samplers["epochs"] if self.samplers else {}
        return {name: count for name, count in epochs.items() if count is not None and name in measured}

    @property
    def best_external(self) -> Row | None:
        """The best sampler of pythae by the gap closed, if any was measured."""
        return most_closed(row for row in self.rows if row.is_external and GAP in row.figures)

    @property
    def standing(self) -> Literal["better", "even", "worse"] | None:
        """How what is recommended, or else the prior sample, stands against that: even where chance explains it."""
        theirs = self.best_external
        if theirs is None:
            return None
        ours = (self.recommended or self.prior).figures[GAP]
        return "worse" if ours.below(theirs.figures[GAP]) else "better" if theirs.figures[GAP].below(ours) else "even"


def most_closed(rows: Iterable[Row]) -> Row | None:
    """Of rows that have a gap closed, the one that closes most of it; None of none."""
    return max(rows, key=lambda row: row.figures[GAP].mean, default=None)


def from_data(steps: int) -> str:
    """The name of a reference: chains of so many steps from the encodings of real data."""
    return f"data, {steps} steps"
