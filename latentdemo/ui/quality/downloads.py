"""The figures of an evaluation as files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import Measured, Report
from latentdemo.ui.i18n.kernel_words import steps_taken

COLUMNS = (
    "model", "start", "kernel", "options", "stop_at", "steps", "space", "figure", "mean", "half_width"
)  # fmt: skip


def as_csv(report: Report) -> str:
    """Every figure of a report on a line of its own, those that need a feature space in each; `half_width` is that of
    the 95 % interval. References stand under `start`."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for name, measured in report.references.items():
        lines.writerows([report.model, name, "", "", "", "", *cells] for cells in figure_cells(measured))
    for row in report.rows:
        options = json.dumps(dict(row.options), sort_keys=True) if row.options else ""
        stop = "" if row.stop_at is None else row.stop_at
        way = [report.model, row.start, row.kernel, options, stop, row.steps]
        own = {"milliseconds": Interval(row.milliseconds), "average_steps": Interval(steps_taken(row))}
        lines.writerows([*way, *cells] for cells in figure_cells(replace(row, own={**row.own, **own})))
    return text.getvalue()


def figure_cells(measured: Measured) -> list[list[Any]]:
    """Feature space, name, mean and half width of each figure."""
    return [
        [space, name, value.mean, "" if value.half_width is None else value.half_width]
        for space, figures in [*measured.judged.items(), ("", measured.own)]
        for name, value in figures.items()
    ]


def as_json(report: Report) -> str:
    """A report in the form of its file."""
    return json.dumps(report.values(), indent=1) + "\n"
