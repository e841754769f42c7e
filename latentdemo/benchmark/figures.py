"""Whether bf16 costs quality: the figures of samples walked and decoded in float32 and in bf16, from the same seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from latentdemo.benchmark.timing import Table
from latentdemo.checkpoints import load_model, load_trained
from latentdemo.data import read_held_out
from latentdemo.evaluation.features.classifier import load_features
from latentdemo.evaluation.pipeline import measure_all
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import GAP, Interval
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.sampling import ChainSpec

STEPS = (0, 1, 5, 10)
COUNT, SEEDS = 2000, (0, 1, 2, 3, 4)  # As an evaluation's.
FIGURES = ("frechet_distance", "coverage", GAP)
STANDARD_ERRORS = 2.0  # Two means count as the same within so many of their difference.


def measure_figures(name: str, count: int = COUNT, seeds: Sequence[int] = SEEDS) -> Table:
    """Figures of the plain chain in both precisions, mean and standard error, on the CPU.

    Raises:
        LatentdemoError: the model, held-out images or features cannot be read.
    """
    reference = load_trained(name, "cpu")
    assert reference.folder is not None
    dataset = reference.folder.parent
    features, held_out = load_features(dataset.name, "cpu", beside=dataset), read_held_out(dataset)
    arms = [Arm(ChainSpec(steps=max(STEPS)), STEPS)]
    found = []
    for model in (reference, load_model(name, "cpu", precision="bf16")):
        subject = Subject(model, reference, features, held_out, None)
        found.append(measure_all(subject, arms, count, seeds, Unfinished(None, []), None, None)[0])
    pairs = zip(found[0], found[1], strict=True)
    rows = [row_of(before.steps, before.figures, after.figures) for before, after in pairs]
    return Table(f"{name}: float32 | bf16, {len(seeds)} x {count:,} samples", rows)


def row_of(steps: int, before: Mapping[str, Interval], after: Mapping[str, Interval]) -> dict[str, object]:
    """One step in both precisions."""
    row: dict[str, object] = {"step": steps}
    for figure in FIGURES:
        if figure in before:
            row[figure.replace("_", " ")] = f"{in_words(before[figure])} | {in_words(after[figure])}"
    row["within"] = all(same(before[figure], after[figure]) for figure in FIGURES if figure in before)
    return row


def in_words(value: Interval) -> str:
    """Mean and standard error."""
    return f"{value.mean:.3g} ± {value.error or 0.0:.2g}"


def same(before: Interval, after: Interval) -> bool:
    """Whether two means differ by no more than their errors explain."""
    error = ((before.error or 0.0) ** 2 + (after.error or 0.0) ** 2) ** 0.5
    return abs(before.mean - after.mean) <= STANDARD_ERRORS * error
