"""What an evaluation has measured of what the sampling page shows, and what it has not."""

from __future__ import annotations

from dataclasses import replace

import torch

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, REAL_DATA, Report, Row
from latentdemo.export.settings import Layout
from latentdemo.sampling import ChainSpec
from latentdemo.ui.runs import measured
from latentdemo.ui.runs.comparison import Comparison, Request
from latentdemo.ui.runs.measured import gaps_closed, nearest_row, real_sharpness
from tests.ui.sample_reports import report

REPORT = report("fashion-mnist/vae")
SPEC = ChainSpec(count=36, steps=5)
REQUEST = Request("fashion-mnist/vae", REPORT.model_sha256, SPEC, (0, 1, 5), 4, densities=REPORT.density_sha256)


def asking(**settings) -> Request:
    """The same request of other chains."""
    return replace(REQUEST, spec=SPEC.replaced(**settings))


def reported(start: str, kernel: str, steps: int, **more: object) -> Interval:
    """What the report says of a way."""
    rows = [row for row in REPORT.rows if (row.start, row.kernel, row.steps) == (start, kernel, steps)]
    return next(row for row in rows if all(getattr(row, name) == value for name, value in more.items())).figures[GAP]


def gap_closed(report: Report, request: Request, step: int) -> Interval | None:
    """What is told of a request at a step."""
    return gaps_closed(report, replace(request, steps=(step,))).get(step)


def test_the_gap_closed_is_that_of_the_same_way_to_sample(monkeypatch) -> None:
    monkeypatch.setattr(measured, "likeliest_density", lambda model: "mixture")
    plain = {"options": {}, "stop_at": None}
    assert gap_closed(REPORT, REQUEST, 5) == reported("prior", "decode-encode", 5, **plain)
    sampled = asking(options={"decoding": "sample"})
    assert gap_closed(REPORT, sampled, 5) == reported("prior", "decode-encode", 5, options={"decoding": "sample"})
    assert gap_closed(REPORT, asking(kernel="hmc"), 5) == reported("prior", "hmc", 5, **plain)
    stopping = asking(kernel="hmc", stop_at=0.5)
    assert gap_closed(REPORT, stopping, 10) == reported("prior", "hmc", 10, stop_at=0.5)
    assert gap_closed(REPORT, asking(start="density"), 3) == reported("mixture", "decode-encode", 3, **plain)
    assert gap_closed(REPORT, asking(start="density", kernel="hmc"), 0) == reported("mixture", "", 0)


def test_the_gap_closed_is_not_told_of_what_was_not_measured(monkeypatch) -> None:
    monkeypatch.setattr(measured, "likeliest_density", lambda model: "mixture")
    assert gap_closed(REPORT, REQUEST, 0) is None  # the prior sample, 0 % by definition
    assert gap_closed(REPORT, REQUEST, 50) is None
    assert gap_closed(REPORT, asking(stop_at=0.25), 10) is None
    assert gap_closed(REPORT, asking(start="data"), 5) is None
    assert gap_closed(REPORT, replace(REQUEST, digest="other"), 5) is None
    assert gap_closed(REPORT, replace(REQUEST, densities="other"), 5) is None
    closed = replace(REPORT, rows=[Row.of("prior", "", 0, {}), Row.of("prior", "decode-encode", 5, {})])
    assert gap_closed(closed, REQUEST, 5) is None


def test_what_was_measured_last_stands_for_later_steps() -> None:
    for step, measured_at in ((5, 5), (7, 5), (50, 20)):
        row = nearest_row(REPORT, REQUEST, step)
        assert row is not None
        assert (row.kernel, row.options, row.steps) == ("decode-encode", {}, measured_at)
    assert nearest_row(REPORT, REQUEST, 0) is None
    assert nearest_row(None, REQUEST, 5) is None
    assert nearest_row(REPORT, asking(start="data"), 5) is None


def test_a_draw_does_not_stand_for_a_chain_that_was_not_measured(monkeypatch) -> None:
    monkeypatch.setattr(measured, "likeliest_density", lambda model: "mixture")
    draw = nearest_row(REPORT, asking(start="density", kernel="hmc"), 0)
    assert draw is not None
    assert draw.kernel == ""
    assert nearest_row(REPORT, asking(start="density", kernel="hmc", stop_at=0.25), 5) is None


def test_real_sharpness_is_the_report_s_where_there_is_one() -> None:
    shown = Comparison({}, 0.0, {}, torch.empty(0), Layout(columns=4), real=0.25)
    assert real_sharpness(REPORT, shown) == REPORT.references[REAL_DATA].figures["sharpness"].mean
    assert real_sharpness(None, shown) == 0.25
