"""The evaluation's table in the model card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from latentdemo.checkpoints.config import CARD
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, GAP, MIX, PYTHAE, REAL_DATA, Measured, Report, Row
from latentdemo.files import write_atomically

BEGIN, END = "<!-- evaluation -->", "<!-- end of evaluation -->"
BEFORE = "\n## Training\n"  # The table goes in front of this section, the first time.
Column = Callable[[Measured], str]
"""A cell of what was measured; empty where it was not."""


def refresh_card(report: Report, folder: Path) -> None:
    """Put a report's table into the model card, in place of an older one."""
    path = folder / CARD
    text = path.read_text(encoding="utf-8") if path.exists() else f"# {report.model}\n{BEFORE}"
    if BEGIN in text and END in text:
        before, after = text.split(BEGIN)[0], text.split(END, 1)[1]
    else:
        before, found, rest = text.partition(BEFORE)
        before, after = before + "\n", "\n" + found + rest
    write_atomically(path, before + BEGIN + "\n" + section(report) + END + after)


def section(report: Report) -> str:
    """The table with what it was measured on."""
    shown = columns(report)
    head = ["way to sample", "steps", *shown, "ms an image"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [reference(name, report.references[name], shown) for name in (REAL_DATA, CEILING)]
    lines += [line(row, shown, mark=row is report.recommended) for row in report.rows]
    judges = "; ".join(f"{space}: {facts['name']} (`{facts['sha256'][:12]}`)" for space, facts in report.spaces.items())
    return (
        "## What sampling gains, costs and loses\n\n"
        f"{len(report.seeds)} repetitions of {sides(report)}, mean ± half of the "
        f"95 % interval; in the feature spaces {judges}; on {report.device}. The gap closed is that of the strictest "
        "of them, other figures are taken in the first. These figures compare ways to sample models of this data set "
        f"and nothing else, least of all with published FIDs. {advice(report)}\n\n" + "\n".join(lines)
        + f"\n\nMade by `python -m latentdemo evaluate {report.model}{in_precision(report)}`; "
        "all figures, settings and versions in `evaluation.json`.\n" + of_pythae(report)
    )  # fmt: skip


def in_precision(report: Report) -> str:
    """The option of the command that names the precision, where it is not the usual one."""
    return "" if report.precision == "float32" else f" --precision {report.precision}"


def sides(report: Report) -> str:
    """How many images each repetition compares."""
    if report.drawn == report.count:
        return f"{report.count:,} images a side against held-out data"
    return f"{report.drawn:,} samples against {report.count:,} held-out images"


def advice(report: Report) -> str:
    """What is recommended, with the figure that did not choose it."""
    told = report.told
    if told is None or told.gap is None:
        return "Recommended: leave this model alone."
    return (
        "In bold: the recommended way; in the repetitions that did not choose it, it closes "
        f"{with_interval(told.gap.figure, 0)} % of the gap."
    )


def columns(report: Report) -> dict[str, Column]:
    """Title of a column -> its cells; the gap closed by the strictest feature space, and by each of several."""
    shown: dict[str, Column] = {"gap closed, %": strictest}
    if len(report.spaces) > 1:
        shown |= {f"by {space}, %": partial(judged_cell, space) for space in report.spaces}
    return shown | {
        "Fréchet distance": partial(cell, "frechet_distance", 1),
        "coverage": partial(cell, "coverage", 2),
        "recall": partial(cell, "recall", 2),
        "mix change": partial(cell, MIX, 2),
        "start kept": partial(cell, "image_kept", 2),
    }


def strictest(measured: Measured) -> str:
    """The least gap closed, with the feature space where there are several."""
    if measured.gap is None:
        return ""
    space = f" ({measured.gap.space})" if len(measured.judged) > 1 else ""
    return with_interval(measured.gap.figure, 0) + space


def judged_cell(space: str, measured: Measured) -> str:
    """The gap closed in a feature space."""
    figures = measured.judged.get(space, {})
    return with_interval(figures[GAP], 0) if GAP in figures else ""


def cell(name: str, digits: int, measured: Measured) -> str:
    """A figure with so many decimals."""
    return with_interval(measured.figures[name], digits) if name in measured.figures else ""


def of_pythae(report: Report) -> str:
    """What the rows of pythae's samplers are, if there are any."""
    if not report.samplers:
        return ""
    epochs = ", ".join(f"{name.removeprefix(PYTHAE)} {count}" for name, count in report.sampler_epochs.items())
    return (
        f"\nRows that begin with `{PYTHAE}` are samplers of pythae {report.samplers['pythae']} on these weights: its "
        f"default networks, fitted to the same encodings (epochs: {epochs}; learning rate "
        f"{report.samplers['learning_rate']:g}, falling to zero) by `python -m latentdemo compare {report.model}`. "
        "Their times were taken then, with networks in float32.\n"
    )


def reference(name: str, measured: Measured, shown: Mapping[str, Column]) -> str:
    """A line of real data or the ceiling."""
    return f"| {name} | | {' | '.join(cells(measured, shown))} | |"


def line(row: Row, shown: Mapping[str, Column], mark: bool) -> str:
    """A line of a way to sample."""
    steps = f"{row.average_steps:.1f} of {row.steps}" if row.stop_at is not None else str(row.steps)
    name = f"**{in_words(row)}**" if mark else in_words(row)
    return f"| {name} | {steps} | {' | '.join(cells(row, shown))} | {row.milliseconds:.2f} |"


def in_words(row: Row) -> str:
    """Start, kernel and settings of a row."""
    if row.is_prior:
        return "prior sample"
    options = "".join(f", {name} {value}" for name, value in row.options.items())
    stopping = "" if row.stop_at is None else f", until as likely as {row.stop_at:.0%} of real data"
    return (f"{row.start}, then {row.kernel}" if row.kernel else f"{row.start}, drawn directly") + options + stopping


def cells(measured: Measured, shown: Mapping[str, Column]) -> list[str]:
    """The figures of a line."""
    return [column(measured) for column in shown.values()]


def with_interval(figure: Interval, digits: int) -> str:
    """A figure with half of its 95 % interval."""
    half = "" if figure.half_width is None else f" ± {figure.half_width:.{digits}f}"
    return f"{figure.mean:.{digits}f}{half}"
