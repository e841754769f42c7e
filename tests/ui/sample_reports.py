"""Plausible evaluations, for tests and for looking at the quality page before a model was measured.

python -m tests.ui.sample_reports FOLDER     writes one beside every model of a copy of checkpoints/
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from latentdemo.checkpoints import list_models, read_config
from latentdemo.evaluation.findings.recommend import recommend
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import (
    CEILING,
    DISTANCE,
    ENDS_KEPT,
    GAP,
    JUDGED,
    LARGEST_JUMP,
    MIX,
    REAL_DATA,
    Figures,
    Measured,
    Mix,
    PathReport,
    Recommendation,
    Report,
    Row,
    from_data,
    path_way,
    save_report,
)
from latentdemo.sampling.interpolation import PathKind

PRIOR, BEST, REAL = (
    {"frechet_distance": 4.5, "kernel_distance": 0.021, "precision": 0.71, "recall": 0.34, "density": 0.44,
     "coverage": 0.43, "sharpness": 0.142, "nearest_training": 1.24, "memorised_share": 0.004, "energy_distance": 0.31},
    {"frechet_distance": 2.2, "kernel_distance": 0.004, "precision": 0.92, "recall": 0.31, "density": 0.89,
     "coverage": 0.68, "sharpness": 0.108, "nearest_training": 0.95, "memorised_share": 0.02, "energy_distance": 0.0},
    {"frechet_distance": 0.6, "kernel_distance": 0.0, "precision": 0.96, "recall": 0.95, "density": 1.0,
     "coverage": 0.97, "sharpness": 0.165, "nearest_training": 1.0, "memorised_share": 0.01, "energy_distance": 0.0},
)  # fmt: skip
REPETITIONS = 10
SPACES = {"damage": 1.0, "labels": 0.9, "imagenet": 1.05}
"""Name of a feature space -> how much of the gap the ways close in it, as a factor."""
ATTRIBUTES = {"class": ["shirt", "shoe", "bag"]}
WALKS: tuple[tuple[str, str, dict[str, Any], float | None, tuple[int, ...]], ...] = (
    ("prior", "decode-encode", {}, None, (0, 1, 2, 3, 5, 10, 20)),
    ("prior", "decode-encode", {"decoding": "sample"}, None, (1, 5)),
    ("prior", "metropolis-within-gibbs", {}, None, (1, 5)),
    ("prior", "langevin", {}, None, (5, 10, 20)),
    ("prior", "hmc", {}, None, (1, 2, 3, 5, 10)),
    ("prior", "transport", {}, None, (1, 2, 3, 4, 6)),
    ("mixture-10", "", {}, None, (0,)),
    ("mixture", "", {}, None, (0,)),
    ("flow", "", {}, None, (0,)),
    ("mixture", "decode-encode", {}, None, (1, 3)),
    ("prior", "decode-encode", {}, 0.5, (10, 100)),
    ("prior", "hmc", {}, 0.5, (10, 100)),
)
REACH = {"decode-encode": 1.4, "metropolis-within-gibbs": 0.05, "langevin": 0.12, "hmc": 1.9, "transport": 2.2}
COST = {"decode-encode": 0.55, "metropolis-within-gibbs": 1.1, "langevin": 0.05, "hmc": 0.26, "transport": 0.6}


def share_closed(start: str, kernel: str, steps: float, stop_at: float | None, strength: float) -> float:
    """How much of the gap a way closes."""
    begun = {"prior": 0.0, "mixture-10": 0.7, "mixture": 0.8, "flow": 0.83}[start]
    if not kernel:
        return strength * begun
    most = {"decode-encode": 0.62, "metropolis-within-gibbs": 0.02, "langevin": 0.9}.get(kernel, 0.95)
    reached = max(begun, begun + (most - begun) * (1 - math.exp(-REACH[kernel] * steps)))
    spoilt = 0.03 * max(0.0, steps - 4) if kernel in ("decode-encode", "transport") and stop_at is None else 0.0
    return strength * (reached - spoilt)


def report(name: str = "fashion-mnist/dvae", sha256: str = "ab" * 32, strength: float = 1.0, **changes: Any) -> Report:
    """A report that could be.

    Args:
        name: of the model.
        sha256: of its weights.
        strength: what the chains do for it: 1 for much, 0 for nothing, below 0 for harm.
        changes: attributes of the report that are to be others.
    """
    draw = random.Random(name)
    rows = [
        row(draw, start, kernel, step, options, stop_at, strength)
        for start, kernel, options, stop_at, steps in WALKS
        for step in steps
    ]
    made = Report(
        model=name,
        model_sha256=sha256,
        density_sha256="cd" * 32,
        spaces={
            "damage": {"name": "fashion-mnist classifier, 128 penultimate activations", "sha256": "ef" * 32,
                       "size": 128, "accuracy": {"class": 0.8986, "damage": 0.8819}, "accuracy_count": 10000},
            "labels": {"name": "fashion-mnist classifier of labels", "sha256": "ab" * 32, "size": 64,
                       "accuracy": {"class": 0.91}, "accuracy_count": 10000},
            "imagenet": {"name": "EfficientNet-Lite0, 128 principal components", "sha256": "cd" * 32},
        },
        count=1000,
        seeds=list(range(REPETITIONS)),
        overlap=0.0,
        device="CPU, 2 threads",
        created="2026-03-02",
        versions={"python": "3.11.7", "torch": "2.14.1", "latentdemo": "0.1.0"},
        references={
            REAL_DATA: measured(draw, REAL, 1.4, 0.0),
            CEILING: measured(draw, BEST, 1.0, 0.02),
            **{from_data(steps): measured(draw, BEST, 1.0 - 0.03 * steps, 0.02 * steps) for steps in (1, 3, 5, 10)},
        },
        rows=rows,
        recommendation=recommend(rows),
        attributes=ATTRIBUTES,
        diagnostics={
            "decode-encode": {"chains": 16, "steps": 500, "still_dimensions": 0, "rhat_max": 1.31, "rhat_median": 1.08,
                              "ess_min": 41.0, "ess_median": 160.0, "ess_per_step": 0.005,
                              "autocorrelation": [1.0, 0.9], "autocorrelation_time": 38.0, "hopping_share": 0.4},
            "hmc": {"chains": 16, "steps": 500, "still_dimensions": 0, "rhat_max": 1.01, "rhat_median": 1.0,
                    "ess_min": 3100.0, "ess_median": 5200.0, "ess_per_step": 0.39,
                    "autocorrelation": [1.0, 0.2], "autocorrelation_time": 1.6, "hopping_share": 0.93},
        },
    )  # fmt: skip
    return replace(made, **changes)


def advising(report: Report, steps: int, harms: tuple[str, ...] = (), kernel: str = "decode-encode", **way) -> Report:
    """The report with another recommended row."""
    start, stop_at = way.get("start", "prior"), way.get("stop_at")
    index = next(
        index
        for index, row in enumerate(report.rows)
        if (row.kernel, row.steps, row.start, row.stop_at, dict(row.options)) == (kernel, steps, start, stop_at, {})
    )
    return replace(report, recommendation=Recommendation(index, index, [], list(harms)))


def row(
    draw: random.Random, start: str, kernel: str, steps: int, options: dict, stop_at: float | None, strength: float
) -> Row:
    """One way to sample."""
    walked = min(steps, 3.4 + 0.002 * steps) if stop_at is not None else float(steps)
    share = share_closed(start, kernel, walked, stop_at, strength * (0.9 if options else 1.0))
    is_prior = start == "prior" and not steps
    values = {name: value + share * (BEST[name] - value) for name, value in PRIOR.items()}
    if kernel == "decode-encode" and strength > 0:
        values["recall"] -= 0.05 * min(walked, 4.0)
    values |= {"round_trip_image": 0.031 - 0.02 * share, "round_trip_latent": 0.9 - 0.5 * share}
    values["energy_p"] = 0.005 if share < 0.7 else 0.2 + 0.5 * draw.random()
    if start == "prior":
        kept = math.exp(-(0.3 if kernel in ("hmc", "langevin") else 0.05) * walked)
        values |= {"image_kept": kept, "latent_kept": 0.9 * kept}
    if kernel in ("hmc", "langevin", "metropolis-within-gibbs"):
        values["acceptance"] = {"metropolis-within-gibbs": 0.03}.get(kernel, 0.72)
    drawn = 0.42 + (0.9 if start == "flow" else 0.0)
    return Row.of(
        start=start,
        kernel=kernel if steps else "",
        steps=steps,
        figures=measured(draw, values, 0.0 if is_prior else share, 0.3 - 0.25 * share),
        options=options,
        stop_at=stop_at,
        average_steps=walked,
        milliseconds=drawn + COST.get(kernel, 0.0) * walked,
    )


def measured(draw: random.Random, values: dict[str, float], share: float, change: float) -> Measured:
    """What repetitions could have found.

    Args:
        draw: the noise.
        values: all figures but the gap closed.
        share: of the gap that is closed.
        change: in the mix of classes.
    """
    figures = noisy(draw, values)
    own = {name: figure for name, figure in figures.items() if name not in JUDGED}
    own |= noisy(draw, {MIX: change})
    quality = {name: figure for name, figure in figures.items() if name in JUDGED}
    judged = {}
    for space, factor in SPACES.items():
        noise = [0.02 * draw.gauss(0, 1) * (share not in (0.0, 1.0)) for _ in range(REPETITIONS)]
        judged[space] = {GAP: Interval.of([100.0 * factor * share + 100.0 * each for each in noise]), **quality}
    shares = noisy(draw, {"shirt": 0.34 + change, "shoe": 0.33 - change, "bag": 0.33})
    return Measured(own, judged, {"class": Mix(own[MIX], tuple(shares.values()))})


def noisy(draw: random.Random, values: dict[str, float]) -> dict[str, Interval]:
    """Values as a few seeds would give them."""
    return {
        name: Interval.of([value + 0.03 * abs(value) * draw.gauss(0, 1) for _ in range(REPETITIONS)])
        for name, value in values.items()
    }


def path_report(base: float, arc: float) -> PathReport:
    """What paths could have come to, where their middle is so far from real pictures through the base space, or on an
    arc, by every judge."""
    draw = random.Random(0)

    def found(distance: float, ends_kept: float) -> Measured:
        own = noisy(draw, {LARGEST_JUMP: 1.8, ENDS_KEPT: ends_kept})
        return Measured(own, {space: noisy(draw, {DISTANCE: distance}) for space in SPACES})

    kinds: tuple[tuple[PathKind, int, int, float], ...] = (
        ("linear", 0, 0, arc + 1.0),
        ("spherical", 0, 0, arc),
        ("spherical", 0, 5, arc),
        ("base", 0, 0, base),
        ("base", 1, 0, base),
    )
    ways = [
        path_way(found(distance, 0.6 if steps else 1.0), ends, kind, mean_steps, False, steps)
        for ends in ("prior", "data")
        for kind, mean_steps, steps, distance in kinds
    ]
    return PathReport(
        "", "", "flow", 100, 9, list(range(REPETITIONS)), 0.0, "CPU, 2 threads", "2026-03-02",
        dict.fromkeys(SPACES, "ab"), {ends: found(2.0, 1.0) for ends in ("prior", "data")}, ways,
    )  # fmt: skip


def with_figures(row: Row, **figures: Interval) -> Row:
    """A row with other figures, in every feature space where they are taken in one."""
    own = {name: figure for name, figure in figures.items() if name not in JUDGED}
    judged = {name: figure for name, figure in figures.items() if name in JUDGED}
    return replace(
        row, own={**row.own, **own}, judged={space: {**each, **judged} for space, each in row.judged.items()}
    )


def with_gap(row: Row, prior: Row, gaps: Sequence[float]) -> Row:
    """A row that closes another share of the gap in each repetition, by every judge, as if the decoder's best were at a
    tenth of the prior's distance."""

    def distance(space: str) -> Interval:
        before = prior.judged[space][DISTANCE].values
        return Interval.of([far * (1.0 - 0.009 * gap) for far, gap in zip(before, gaps, strict=True)])

    judged = {space: each | {GAP: Interval.of(gaps), DISTANCE: distance(space)} for space, each in row.judged.items()}
    return replace(row, judged=judged)


def with_prior_figures(report: Report, **figures: Interval) -> Report:
    """A report with other figures of the prior sample."""
    return replace(report, rows=[with_figures(row, **figures) if row.is_prior else row for row in report.rows])


def in_one_space(report: Report) -> Report:
    """A report whose figures were taken in the first feature space alone."""
    first = next(iter(report.spaces))
    rows = [replace(row, judged={first: row.judged[first]}) for row in report.rows]
    references = {name: replace(each, judged={first: each.judged[first]}) for name, each in report.references.items()}
    made = replace(report, spaces={first: report.spaces[first]}, rows=rows, references=references)
    return replace(made, recommendation=recommend(rows))


def without(row: Row, names: Sequence[str]) -> Row:
    """A row without some of its figures."""

    def others(figures: Figures) -> Figures:
        return {name: figure for name, figure in figures.items() if name not in names}

    return replace(row, own=others(row.own), judged={space: others(each) for space, each in row.judged.items()})


def main(root: Path) -> None:
    """A report beside every model of a folder; cartoon faces without denoising do best, the AAE is best left alone."""
    strengths = {"vae": 0.6, "dvae": 1.0, "aae": 0.004, "daae": -0.8}
    for name in list_models(root):
        folder = root / name
        sha256 = read_config(folder).sha256
        save_report(report(name, sha256, strengths.get(folder.name, 1.0)), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
