"""Whether bf16 costs quality: the figures of samples walked and decoded in float32 and in bf16, from the same seeds.

A seed fixes the real images, the starts and the noise of both precisions, so that they scatter together for the most
part. That drops out of their differences, seed by seed; between two means it would hide what precision does.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from latentdemo.benchmark.timing import Table
from latentdemo.checkpoints import load_model, load_trained
from latentdemo.data import read_held_out
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.features.classifier import load_features
from latentdemo.evaluation.pipeline import measure_all
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import GAP
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.sampling import ChainSpec

STEPS = (0, 1, 5, 10)
COUNT, SEEDS = 2000, (0, 1, 2, 3, 4)  # As an evaluation's.
FIGURES = ("frechet_distance", "coverage", GAP)
CONFIDENCE = 0.95

Values = dict[str, float]
"""Name of a figure -> its value for one seed."""


class Difference(NamedTuple):
    """What another precision adds to a figure, over seeds.

    Attributes:
        mean: of the differences.
        half_width: the true difference is within so much of it, with a confidence of 95 %.
    """

    mean: float
    half_width: float

    @property
    def explained_by_chance(self) -> bool:
        """Whether no difference at all is within the interval."""
        return abs(self.mean) <= self.half_width


def measure_figures(name: str, count: int = COUNT, seeds: Sequence[int] = SEEDS) -> Table:
    """Figures of the plain chain in float32 and what bf16 adds to them, on the CPU.

    Raises:
        LatentdemoError: fewer than 2 seeds, or the model, held-out images or features cannot be read.
    """
    if len(seeds) < 2:
        raise LatentdemoError(f"seeds are {list(seeds)}; take 2 at least, for one difference has no interval")
    reference = load_trained(name, "cpu")
    assert reference.folder is not None
    dataset = reference.folder.parent
    features, held_out = load_features(dataset.name, "cpu", beside=dataset), read_held_out(dataset)
    models = (reference, load_model(name, "cpu", precision="bf16"))
    before, after = (
        [figures_by_step(Subject(model, reference, features, held_out, None), count, seed) for seed in seeds]
        for model in models
    )
    rows = [row_of(step, [each[step] for each in before], [each[step] for each in after]) for step in STEPS]
    return Table(f"{name}: float32, and what bf16 adds (95 %), {len(seeds)} x {count:,} samples", rows)


def figures_by_step(subject: Subject, count: int, seed: int) -> dict[int, Values]:
    """Step of the plain chain -> figures of one seed."""
    arms = [Arm(ChainSpec(steps=max(STEPS)), STEPS)]
    rows, _references = measure_all(subject, arms, count, [seed], Unfinished(None, []), None, None)
    return {row.steps: {name: figure.mean for name, figure in row.figures.items()} for row in rows}


def row_of(step: int, before: Sequence[Values], after: Sequence[Values]) -> dict[str, object]:
    """One step: each figure in float32 with the paired difference, and the figures that chance does not explain.

    Of twenty figures that precision does not touch, one is among these on average.
    """
    row: dict[str, object] = {"step": step}
    differs = []
    for figure in (name for name in FIGURES if all(name in values for values in (*before, *after))):
        values, others = [each[figure] for each in before], [each[figure] for each in after]
        found, title = paired_difference(values, others), figure.replace("_", " ")
        row[title] = f"{statistics.fmean(values):.3g} {found.mean:+.2g} ± {found.half_width:.2g}"
        differs += [] if found.explained_by_chance else [title]
    return row | {"differs": ", ".join(differs) or "none"}


def paired_difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Mean of the differences of pairs, and the half width of its interval by Student's t:

        d +- t(0.975, n - 1) * s / sqrt(n),    s the standard deviation of the n differences

    (Student 1908, Biometrika 6, 1, whose example is one of pairs.)

    Args:
        before, after: one value a pair, in the same order, 2 pairs at least.
    """
    from scipy.stats import t

    differences = [other - value for value, other in zip(before, after, strict=True)]
    count = len(differences)
    error = statistics.stdev(differences) / math.sqrt(count)
    return Difference(statistics.fmean(differences), float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error)
