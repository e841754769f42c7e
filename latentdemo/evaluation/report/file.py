"""The file of an evaluation: `evaluation.json` beside the checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report.measured import PRIMARY, Measured, Mix, Row, judged_apart
from latentdemo.evaluation.report.paths import PathReport, path_way
from latentdemo.evaluation.report.report import OLDER, SCHEMA, EvaluationError, Recommendation, Report
from latentdemo.files import write_atomically

FILE, UNFINISHED = "evaluation.json", "evaluation.unfinished.json"
COMPARISON = "pythae.unfinished"  # The folder of a comparison that has not ended.


def save_report(report: Report, folder: Path) -> None:
    """Write `evaluation.json`, whole or not at all.

    Raises:
        EvaluationError: see `check_current`.
    """
    check_current(report)
    write_atomically(folder / FILE, one_line_each(report.values()))


def check_current(report: Report) -> None:
    """Raise EvaluationError where a report was read from a file of an older form, which does not hold what this one
    does."""
    if report.schema != SCHEMA:
        raise EvaluationError(
            f"the evaluation of {report.model} is of an older form; make it anew with: "
            f"python -m latentdemo evaluate {report.model}"
        )


def one_line_each(values: dict[str, Any]) -> str:
    """JSON with a line for every entry, and for every row and reference: short to look through and to compare."""
    texts = {name: json.dumps(value) for name, value in values.items()}
    lines = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in values["references"].items())
    texts["references"] = "{\n" + ",\n".join(lines) + "\n}"
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
    if found not in (SCHEMA, OLDER):
        raise EvaluationError(f"{path} has version {found} of its form, this program reads {SCHEMA}; {remedy}")
    try:
        return parse(values) if found == SCHEMA else parse_older(values)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, IndexError) as error:
        raise EvaluationError(f"{path} lacks something ({error!r}); {remedy}") from error


def parse(values: dict[str, Any]) -> Report:
    """A report from the content of its file."""
    overlap = values["overlap"]
    references = {name: measured_of(each, overlap) for name, each in values["references"].items()}
    rows = [
        Row.of(**{name: value for name, value in row.items() if name not in ("judged", "mix")}
               | {"figures": measured_of(row, overlap)})
        for row in values["rows"]
    ]  # fmt: skip
    advice = Recommendation(**values["recommendation"] | {"told_on": tuple(values["recommendation"]["told_on"])})
    paths = parse_paths(values["paths"]) if values.get("paths") else None
    report = Report(**values | {"rows": rows, "references": references, "recommendation": advice, "paths": paths})
    _ = report.prior, report.recommended
    return report


def parse_paths(values: dict[str, Any]) -> PathReport:
    """What was measured of paths, from the content of the file."""
    overlap = values["overlap"]
    ways = [
        path_way(measured_of(way, overlap), *(way[name] for name in ("ends", "kind", "mean_steps", "even", "steps")))
        for way in values["ways"]
    ]
    decoded = {ends: measured_of(each, overlap) for ends, each in values["decoded"].items()}
    return PathReport(**values | {"decoded": decoded, "ways": ways})


def parse_older(values: dict[str, Any]) -> Report:
    """A report of the form before this one: a single feature space, means with standard errors."""
    freedom = max(len(values["seeds"]) - 1, 0)

    def figures(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Interval]:
        return {name: Interval(float(each["mean"]), each["error"], freedom=freedom) for name, each in found.items()}

    rows = [Row.of(**row | {"figures": figures(row["figures"])}) for row in values.pop("rows")]
    references = {name: judged_apart(figures(row)) for name, row in values.pop("references").items()}
    spaces, advice = {PRIMARY: values.pop("features")}, Recommendation(**values.pop("recommendation"))
    report = Report(**values, overlap=0.0, spaces=spaces, rows=rows, references=references, recommendation=advice)
    _ = report.prior, report.recommended
    return report


def measured_of(values: Mapping[str, Any], overlap: float) -> Measured:
    """What was measured, from the content of a file."""

    def figures(found: Mapping[str, Sequence[float]]) -> dict[str, Interval]:
        return {name: Interval.of(each, overlap) for name, each in found.items()}

    judged = {space: figures(found) for space, found in values["judged"].items()}
    mix = {
        name: Mix(Interval.of(first, overlap), tuple(Interval.of(each, overlap) for each in shares))
        for name, (first, *shares) in values["mix"].items()
    }
    return Measured(figures(values["figures"]), judged, mix)
