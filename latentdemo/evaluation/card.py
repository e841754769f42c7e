"""The evaluation's table in the model card."""

from __future__ import annotations

from pathlib import Path

from latentdemo.checkpoints.config import CARD
from latentdemo.evaluation.report import CEILING, GAP, PYTHAE, REAL_DATA, Figures, Interval, Report, Row
from latentdemo.files import write_atomically

BEGIN, END = "<!-- evaluation -->", "<!-- end of evaluation -->"
BEFORE = "\n## Training\n"  # The table goes in front of this section, the first time.
COLUMNS = {
    GAP: ("gap closed, %", 0),
    "frechet_distance": ("Fréchet distance", 1),
    "precision": ("precision", 2),
    "recall": ("recall", 2),
    "coverage": ("coverage", 2),
    "image_kept": ("start kept", 2),
}


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
    head = ["way to sample", "steps", *(title for title, _ in COLUMNS.values()), "ms an image"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [reference(name, report.references[name]) for name in (REAL_DATA, CEILING)]
    lines += [line(row, mark=row is report.recommended) for row in report.rows]
    advice = "In bold: the recommended way." if report.recommended else "Recommended: leave this model alone."
    return (
        "## What sampling gains, costs and loses\n\n"
        f"{len(report.seeds)} repetitions of {report.count:,} images a side against held-out data, mean ± standard "
        f"error; {report.features['name']} (`{report.features['sha256'][:12]}`), on {report.device}. "
        "These figures compare ways to sample models of this data set and nothing else, least of all with published "
        f"FIDs. {advice}\n\n" + "\n".join(lines) + "\n\nMade by `python -m latentdemo evaluate " + f"{report.model}`; "
        "all figures, settings and versions in `evaluation.json`.\n" + of_pythae(report)
    )


def of_pythae(report: Report) -> str:
    """What the rows of pythae's samplers are, if there are any."""
    if not report.samplers:
        return ""
    epochs = ", ".join(
        f"{name.removeprefix(PYTHAE)} {count}" for name, count in report.samplers["epochs"].items() if count is not None
    )
    return (
        f"\nRows that begin with `{PYTHAE}` are samplers of pythae {report.samplers['pythae']} on these weights: its "
        f"default networks, fitted to the same encodings (epochs: {epochs}; learning rate "
        f"{report.samplers['learning_rate']:g}, falling to zero) by `python -m latentdemo compare {report.model}`. "
        "Their times were taken then, with networks in float32.\n"
    )


def reference(name: str, figures: Figures) -> str:
    """A line of real data or the ceiling."""
    return f"| {name} | | {cells(figures)} | |"


def line(row: Row, mark: bool) -> str:
    """A line of a way to sample."""
    steps = f"{row.average_steps:.1f} of {row.steps}" if row.stop_at is not None else str(row.steps)
    name = f"**{in_words(row)}**" if mark else in_words(row)
    return f"| {name} | {steps} | {cells(row.figures)} | {row.milliseconds:.2f} |"


def in_words(row: Row) -> str:
    """Start, kernel and settings of a row."""
    if row.is_prior:
        return "prior sample"
    options = "".join(f", {name} {value}" for name, value in row.options.items())
    stopping = "" if row.stop_at is None else f", until as likely as {row.stop_at:.0%} of real data"
    return (f"{row.start}, then {row.kernel}" if row.kernel else f"{row.start}, drawn directly") + options + stopping


def cells(figures: Figures) -> str:
    """The figures of a line."""
    return " | ".join(
        with_error(figures[name], digits) if name in figures else "" for name, (_, digits) in COLUMNS.items()
    )


def with_error(figure: Interval, digits: int) -> str:
    """A figure with its standard error."""
    error = "" if figure.error is None else f" ± {figure.error:.{digits}f}"
    return f"{figure.mean:.{digits}f}{error}"
