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
from latentdemo.evaluation.recommend import recommend
from latentdemo.evaluation.report import CEILING, REAL_DATA, Figures, Interval, Recommendation, Report, Row, save_report

PRIOR, BEST, REAL = (
    {"frechet_distance": 4.5, "kernel_distance": 0.021, "precision": 0.71, "recall": 0.34, "density": 0.44,
     "coverage": 0.43, "sharpness": 0.142, "nearest_training": 1.24, "memorised_share": 0.004, "energy_distance": 0.31},
    {"frechet_distance": 2.2, "kernel_distance": 0.004, "precision": 0.92, "recall": 0.31, "density": 0.89,
     "coverage": 0.68, "sharpness": 0.108, "nearest_training": 0.95, "memorised_share": 0.02, "energy_distance": 0.0},
    {"frechet_distance": 0.6, "kernel_distance": 0.0, "precision": 0.96, "recall": 0.95, "density": 1.0,
     "coverage": 0.97, "sharpness": 0.165, "nearest_training": 1.0, "memorised_share": 0.01, "energy_distance": 0.0},
)  # fmt: skip
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
        features={"name": "fashion-mnist classifier, 128 penultimate activations", "sha256": "ef" * 32, "size": 128,
                  "accuracy": {"class": 0.8986, "damage": 0.8819}, "accuracy_count": 10000},
        count=2000,
        seeds=[0, 1, 2, 3, 4],
        device="CPU, 2 threads",
        created="2026-03-02",
        versions={"python": "3.11.7", "torch": "2.14.1", "latentdemo": "0.1.0"},
        references={REAL_DATA: noisy(draw, REAL), CEILING: noisy(draw, BEST)},
        rows=rows,
        recommendation=recommend(rows),
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
    figures = noisy(draw, values)
    figures["gap_closed"] = Interval(0.0, 0.0) if is_prior else Interval(100 * share, 0.8 + 0.6 * draw.random())
    figures["energy_p"] = Interval(0.005 if share < 0.7 else 0.2 + 0.5 * draw.random(), 0.01)
    figures |= noisy(draw, {"round_trip_image": 0.031 - 0.02 * share, "round_trip_latent": 0.9 - 0.5 * share})
    if start == "prior":
        kept = math.exp(-(0.3 if kernel in ("hmc", "langevin") else 0.05) * walked)
        figures |= noisy(draw, {"image_kept": kept, "latent_kept": 0.9 * kept})
    if kernel in ("hmc", "langevin", "metropolis-within-gibbs"):
        figures["acceptance"] = Interval({"metropolis-within-gibbs": 0.03}.get(kernel, 0.72), 0.01)
    drawn = 0.42 + (0.9 if start == "flow" else 0.0)
    return Row.of(
        start=start,
        kernel=kernel if steps else "",
        steps=steps,
        figures=figures,
        options=options,
        stop_at=stop_at,
        average_steps=walked,
        milliseconds=drawn + COST.get(kernel, 0.0) * walked,
    )


def noisy(draw: random.Random, values: dict[str, float]) -> dict[str, Interval]:
    """Values as a few seeds would give them."""
    return {
        name: Interval(value + 0.004 * abs(value) * draw.gauss(0, 1), abs(value) * (0.006 + 0.006 * draw.random()))
        for name, value in values.items()
    }


def without(figures: Figures, names: Sequence[str]) -> dict[str, Interval]:
    """Figures without some of them."""
    return {name: figure for name, figure in figures.items() if name not in names}


def main(root: Path) -> None:
    """A report beside every model of a folder; cartoon faces without denoising do best, the AAE is best left alone."""
    strengths = {"vae": 0.6, "dvae": 1.0, "aae": 0.004, "daae": -0.8}
    for name in list_models(root):
        folder = root / name
        sha256 = read_config(folder).sha256
        save_report(report(name, sha256, strengths.get(folder.name, 1.0)), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
