"""The figures of an evaluation as files."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from latentdemo.evaluation.report import Figures, Interval, Report
from latentdemo.ui.i18n.kernel_words import steps_taken

COLUMNS = ("model", "start", "kernel", "options", "stop_at", "steps", "figure", "mean", "error")


def as_csv(report: Report) -> str:
    """Every figure of a report on a line of its own; `error` is one standard error. References stand under `start`."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for name, figures in report.references.items():
        lines.writerows([report.model, name, "", "", "", "", *cells] for cells in figure_cells(figures))
    for row in report.rows:
        options = json.dumps(dict(row.options), sort_keys=True) if row.options else ""
        stop = "" if row.stop_at is None else row.stop_at
        way = [report.model, row.start, row.kernel, options, stop, row.steps]
        own = {"milliseconds": Interval(row.milliseconds), "average_steps": Interval(steps_taken(row))}
        lines.writerows([*way, *cells] for cells in figure_cells({**row.figures, **own}))
    return text.getvalue()


def figure_cells(figures: Figures) -> list[list[Any]]:
    """Name, mean and error of each figure."""
    return [[name, value.mean, "" if value.error is None else value.error] for name, value in figures.items()]


def as_json(report: Report) -> str:
    """A report in the form of its file."""
    return json.dumps(report.values(), indent=1) + "\n"
