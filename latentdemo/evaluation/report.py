"""What an evaluation says, and its file: `evaluation.json` beside the checkpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self

from latentdemo.errors import LatentdemoError
from latentdemo.files import write_atomically
from latentdemo.sampling import PLAIN, ChainSpec
from latentdemo.sampling.starts import PRIOR

SCHEMA = 2
FILE, UNFINISHED = "evaluation.json", "evaluation.unfinished.json"
COMPARISON = "pythae.unfinished"  # The folder of a comparison that has not ended.
REAL_DATA, CEILING = "real data", "ceiling"
GAP = "gap_closed"
PYTHAE = "pythae-"  # The start of rows whose latents a sampler of pythae drew begins with it.
HIGHER_IS_BETTER = {
    GAP: True,
    "frechet_distance": False,
    "kernel_distance": False,
    "precision": True,
    "recall": True,
    "density": True,
    "coverage": True,
    "memorised_share": False,
    "energy_distance": False,
}
"""Figures that can be better or worse. Others (sharpness, what is kept of the start, acceptance) only describe."""
SURE = 2.0  # A difference counts from so many of its standard errors on.


class EvaluationError(LatentdemoError):
    """An evaluation that cannot be read, or cannot be made as asked."""


@dataclass(frozen=True)
class Interval:
    """A figure over seeds.

    Attributes:
        mean: over seeds.
        error: its standard error; None where there is one seed only.
    """

    mean: float
    error: float | None = None

    def below(self, other: Interval) -> bool:
        """Whether it lies below another figure by more than chance explains."""
        return other.mean - self.mean > SURE * math.hypot(self.error or 0.0, other.error or 0.0)


Figures = Mapping[str, Interval]


@dataclass(frozen=True)
class Row:
    """One way to sample, and how good its samples are.

    Attributes:
        spec: of the chains, their number and seed aside; with `stop_at`, `steps` is the most that a chain may take. Of
            no step, a draw that no chain follows, from the start, which may be a sampler of another library.
        figures: name -> figure over seeds.
        average_steps: steps that chains took on average.
        milliseconds: wall-clock time an image, drawing and decoding included, on the device of the report.
    """

    spec: ChainSpec
    figures: Figures
    average_steps: float = 0.0
    milliseconds: float = 0.0

    @classmethod
    def of(
        cls,
        start: str,
        kernel: str,
        steps: int,
        figures: Figures,
        options: Mapping[str, Any] | None = None,
        stop_at: float | None = None,
        average_steps: float = 0.0,
        milliseconds: float = 0.0,
    ) -> Self:
        """A row as it lies in a file; `kernel` is "" where no chain follows the draw."""
        spec = ChainSpec(kernel or PLAIN, options=options, start=start, steps=steps, stop_at=stop_at)
        return cls(spec, figures, average_steps, milliseconds)

    def values(self) -> dict[str, Any]:
        """The row as it lies in a file."""
        way = {"start": self.start, "kernel": self.kernel, "steps": self.steps}
        figures = {name: asdict(figure) for name, figure in self.figures.items()}
        cost = {"average_steps": self.average_steps, "milliseconds": self.milliseconds}
        return way | {"figures": figures, "options": self.options, "stop_at": self.stop_at} | cost

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


@dataclass(frozen=True)
class Recommendation:
    """What the figures advise.

    Attributes:
        row: index of the recommended row; None says "leave this model alone".
        best: index of the row with the most gap closed.
        gains, harms: figures in which the recommended row is better, or worse, than the prior by more than chance
            explains.
    """

    row: int | None
    best: int
    gains: list[str]
    harms: list[str]


@dataclass(frozen=True)
class Report:
    """The evaluation of a model.

    Attributes:
        model: its name.
        model_sha256: digest of its weights.
        density_sha256: digest of the fitted densities.
        features: the feature space: "name", "sha256", and "size" and "accuracy" where it is a classifier. Figures of
            different ones cannot be compared.
        count: images a side, in each repetition.
        seeds: one repetition each.
        device: what it was measured on.
        created: date, ISO 8601.
        versions: of what measured it.
        references: "real data" and "ceiling" -> figures.
        rows: all ways to sample; the prior sample is among them.
        recommendation: drawn from the rows.
        latent_space: what `analyse_latent_space` found, before any chain.
        diagnostics: name of a kernel -> long-run diagnostics.
        training_images: whether these references were taken of training images; else of held-out ones that the
            comparison did not use.
        precision: of the networks while figures were taken, "float32" or "bf16"; costs are of the model as it serves.
        samplers: versions and settings of the samplers of pythae, where any are among the rows.
        schema: version of this file's form.
    """

    model: str
    model_sha256: str
    density_sha256: str
    features: Mapping[str, Any]
    count: int
    seeds: list[int]
    device: str
    created: str
    versions: Mapping[str, str]
    references: Mapping[str, Figures]
    rows: list[Row]
    recommendation: Recommendation
    latent_space: Mapping[str, Any] = field(default_factory=dict)
    diagnostics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    training_images: bool = True
    precision: str = "float32"
    samplers: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    def values(self) -> dict[str, Any]:
        """The report as it lies in its file."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)} | {"rows": None}
        values: dict[str, Any] = json.loads(json.dumps(plain, default=asdict))
        return values | {"rows": [row.values() for row in self.rows]}

    @property
    def prior(self) -> Row:
        """The plain prior sample."""
        return next(row for row in self.rows if row.is_prior)

    @property
    def recommended(self) -> Row | None:
        """The recommended row, unless the model is best left alone."""
        return None if self.recommendation.row is None else self.rows[self.recommendation.row]

    @property
    def best_external(self) -> Row | None:
        """The best sampler of pythae by the gap closed, if any was measured."""
        rows = [row for row in self.rows if row.is_external and GAP in row.figures]
        return max(rows, key=lambda row: row.figures[GAP].mean, default=None)

    @property
    def standing(self) -> Literal["better", "even", "worse"] | None:
        """How what is recommended, or else the prior sample, stands against that: even where chance explains it."""
        theirs = self.best_external
        if theirs is None:
            return None
        ours = (self.recommended or self.prior).figures[GAP]
        return "worse" if ours.below(theirs.figures[GAP]) else "better" if theirs.figures[GAP].below(ours) else "even"


def save_report(report: Report, folder: Path) -> None:
    """Write `evaluation.json`, whole or not at all."""
    write_atomically(folder / FILE, one_line_each(report.values()))


def one_line_each(values: dict[str, Any]) -> str:
    """JSON with a line for every entry, and for every row: short to look through and to compare."""
    texts = {name: json.dumps(value) for name, value in values.items()}
    texts["rows"] = "[\n" + ",\n".join(json.dumps(row) for row in values["rows"]) + "\n]"
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {text}" for name, text in texts.items()) + "\n}\n"


def load_report(folder: Path) -> Report:
    """The evaluation beside a checkpoint.

    Raises:
        EvaluationError: there is none, it is broken, or of another version.
    """
    path, model = folder / FILE, f"{folder.parent.name}/{folder.name}"
    remedy = f"make it with: python -m latentdemo evaluate {model}"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise EvaluationError(f"{path} is missing; {remedy}") from None
    except ValueError as error:
        raise EvaluationError(f"{path} is not JSON ({error}); {remedy}") from error
    found = values.get("schema") if isinstance(values, dict) else None
    if found != SCHEMA:
        raise EvaluationError(f"{path} has version {found} of its form, this program reads {SCHEMA}; {remedy}")
    try:
        return parse(values)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, IndexError) as error:
        raise EvaluationError(f"{path} lacks something ({error!r}); {remedy}") from error


def parse(values: dict[str, Any]) -> Report:
    """A report from the content of its file."""
    rows = [Row.of(**(row | {"figures": figures(row["figures"])})) for row in values.pop("rows")]
    references = {name: figures(row) for name, row in values.pop("references").items()}
    report = Report(
        rows=rows, references=references, recommendation=Recommendation(**values.pop("recommendation")), **values
    )
    _ = report.prior, report.recommended
    return report


def figures(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Interval]:
    """Figures from the content of a file."""
    return {name: Interval(float(value["mean"]), value["error"]) for name, value in values.items()}
