"""What an evaluation has measured of what a comparison shows."""

from __future__ import annotations

from latentdemo.checkpoints import model_folder
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, REAL_DATA, Report, Row
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


def gap_closed(report: Report, request: Request, step: int) -> Interval | None:
    """The quality gap closed that a report has measured of what a request shows at a step, in per cent.

    None where the report measured something else, and for the prior sample, where the gap is open by definition.
    """
    same = report.density_sha256 == request.densities or (
        report.density_sha256 in digests_held(model_folder(request.model))
    )
    if report.model_sha256 != request.digest or not same:
        return None
    for row in report.rows:
        if row.steps == step and not row.is_prior and GAP in row.figures and samples_alike(row, request):
            return row.figures[GAP]
    return None


def gaps_closed(report: Report | None, request: Request) -> dict[int, Interval]:
    """Shown step -> quality gap closed, where it was measured."""
    found = {step: gap_closed(report, request, step) for step in request.steps} if report else {}
    return {step: closed for step, closed in found.items() if closed}


def samples_alike(row: Row, request: Request) -> bool:
    """Whether a row was measured of a request's way to sample, its number of steps aside."""
    start = request.spec.start
    if row.start != start and (start != DENSITY or row.start != likeliest_density(request.model)):
        return False
    return row.steps == 0 or row.spec.way == request.spec.way


def same_points(request: Request) -> bool:
    """Whether draws from a density are what its map makes of the prior sample, place for place."""
    start = request.spec.start
    return keeps_places(likeliest_density(request.model) if start == DENSITY else str(start))


def likeliest_density(model: str) -> str:
    """The name of the density that the starting point "density" means."""
    return next(iter(read_density_config(model_folder(model)).densities))
