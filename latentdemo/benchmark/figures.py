"""Whether bf16 costs quality: the figures of samples walked and decoded in float32 and in bf16, from the same seeds.

A seed fixes the real images, the starts and the noise of both precisions, so that they scatter together for the most
part. That drops out of their differences, seed by seed; between two means it would hide what precision does.
"""

from __future__ import annotations

from collections.abc import Sequence

from latentdemo.benchmark.timing import Table
from latentdemo.checkpoints import load_model, load_trained
from latentdemo.data import read_held_out
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.measuring import measure_all
from latentdemo.evaluation.protocol import Arm
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import GAP, Row
from latentdemo.evaluation.unfinished import Unfinished
from latentdemo.sampling import ChainSpec

STEPS = (0, 1, 5, 10)
COUNT, SEEDS = 500, tuple(range(10))
FIGURES = ("frechet_distance", "coverage", GAP)


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
    spaces, held_out = load_spaces(dataset.name, "cpu", beside=dataset), read_held_out(dataset)
    arms = [Arm(ChainSpec(steps=max(STEPS)), STEPS)]
    found = []
    for model in (reference, load_model(name, "cpu", precision="bf16")):
        subject = Subject(model, reference, spaces, held_out, None)
        found.append(measure_all(subject, arms, count, seeds, Unfinished(None, []), None, None)[0])
    rows = [row_of(*pair) for pair in zip(*found, strict=True)]
    return Table(f"{name}: float32, and what bf16 adds (95 %), {len(seeds)} x {count:,} samples", rows)


def row_of(before: Row, after: Row) -> dict[str, object]:
    """One step: each figure in float32 with the paired difference, and the figures that chance does not explain.

    Of twenty figures that precision does not touch, one is among these on average.
    """
    row: dict[str, object] = {"step": before.steps}
    differs = []
    for figure in (name for name in FIGURES if name in before.figures and name in after.figures):
        difference, title = after.figures[figure].minus(before.figures[figure]), figure.replace("_", " ")
        row[title] = f"{before.figures[figure].mean:.3g} {difference.mean:+.2g} ± {difference.half_width or 0.0:.2g}"
        differs += [] if difference.low <= 0.0 <= difference.high else [title]
    return row | {"differs": ", ".join(differs) or "none"}
