"""What a way to sample costs: wall-clock time an image, from the draw to the decoded picture."""

from __future__ import annotations

import statistics

from latentdemo.evaluation.report import Row
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import Batches, run_batches

CHAINS = 64  # They walk together.
REPEATS = 3  # Their median counts.


def milliseconds_an_image(model: GenerativeAutoencoder, row: Row, batches: Batches = run_batches) -> float:
    """Milliseconds an image of a way to sample, for 64 chains at once on the model's device; `batches` walks them."""
    times = []
    for _ in range(REPEATS):
        (run,) = batches(model, row.spec.replaced(count=CHAINS), record=(row.steps,))
        times.append(1000.0 * run.seconds[row.steps] / CHAINS)
    return statistics.median(times)
