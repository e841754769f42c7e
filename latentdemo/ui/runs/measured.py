"""What an evaluation has measured of what a comparison shows."""

from __future__ import annotations

from typing import Protocol

from latentdemo.checkpoints import model_folder
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, REAL_DATA, Report, Row
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.store import digests_held, read_density_config
from latentdemo.sampling.starts import DENSITY, keeps_places
from latentdemo.ui.runs.comparison import Comparison, Request


def reported_sharpness(report: Report | None) -> float | None:
    """Mean sharpness of real data as an evaluation has it; None where none does."""
    figure = report.references[REAL_DATA].own.get("sharpness") if report else None
    return figure.mean if figure else None


def real_sharpness(report: Report | None, comparison: Comparison) -> float | None:
    """Mean sharpness of real data: as reported, else of shipped held-out images; None where there are none."""
    reported = reported_sharpness(report)
    return comparison.real if reported is None else reported


class Asked(Protocol):
    """Chains that are shown.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        spec: of the chains.
    """

    @property
    def model(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def densities(self) -> str: ...

    @property
    def spec(self) -> ChainSpec: ...


def row_of(report: Report, asked: Asked, step: int) -> Row | None:
    """The row that a report has measured of the chains that are shown, at a step.

    None where the report measured something else, and for the prior sample.
    """
    same = report.density_sha256 == asked.densities or (
        report.density_sha256 in digests_held(model_folder(asked.model))
    )
    if report.model_sha256 != asked.digest or not same:
        return None
    alike = (row for row in report.rows if row.steps == step and not row.is_prior and samples_alike(row, asked))
    return next(alike, None)


def nearest_row(report: Report | None, asked: Asked, step: int) -> Row | None:
    """What a report has measured of the chains that are shown at a step, or else at the last one before it; None where
    there is nothing."""
    if report is None:
        return None
    steps = {step} | {row.steps for row in report.rows if 0 < row.steps < step}
    return next((row for each in sorted(steps, reverse=True) if (row := row_of(report, asked, each))), None)


def gaps_closed(report: Report | None, request: Request) -> dict[int, Interval]:
    """Shown step -> quality gap closed in per cent, where it was measured."""
    rows = [row_of(report, request, step) for step in request.steps] if report else []
    return {row.steps: row.figures[GAP] for row in rows if row and GAP in row.figures}


def samples_alike(row: Row, asked: Asked) -> bool:
    """Whether a row was measured of the way to sample of chains that are shown, their number of steps aside."""
    start = asked.spec.start
    if row.start != start and (start != DENSITY or row.start != likeliest_density(asked.model)):
        return False
    return row.steps == 0 or row.spec.way == asked.spec.way


def same_points(request: Request) -> bool:
    """Whether draws from a density are what its map makes of the prior sample, place for place."""
    start = request.spec.start
    return keeps_places(likeliest_density(request.model) if start == DENSITY else str(start))


def likeliest_density(model: str) -> str:
    """The name of the density that the starting point "density" means."""
    return next(iter(read_density_config(model_folder(model)).densities))
