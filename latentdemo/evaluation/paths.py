"""How paths between pictures fare, by the way in which they are laid: how near to real data their middle is, how even
they are, and what is left of their ends.

Pairs of ends are drawn from the prior, or are held-out pictures, encoded by the posterior mean. The middle of a path,
where it is farthest from what anybody chose, is what shows how it was laid: its three middle frames are compared with
held-out pictures that are no ends. As many decoded ends that no path joins say how near a path may come. All distances
are of equal counts, so that what few images add is the same everywhere.
"""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data import read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.division import divide
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.features.space import FeatureSpace, in_every_space
from latentdemo.evaluation.measuring import over_seeds
from latentdemo.evaluation.metrics.frechet import frechet_distance
from latentdemo.evaluation.metrics.path import measure_path
from latentdemo.evaluation.reduced.sample import Numbers
from latentdemo.evaluation.repetition import IN
from latentdemo.evaluation.report import (
    DISTANCE,
    ENDS_KEPT,
    LARGEST_JUMP,
    EvaluationError,
    PathReport,
    PathWay,
    path_way,
)
from latentdemo.models import GenerativeAutoencoder, describe_device
from latentdemo.random import Purpose, randn, stream
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.density import TransportMap
from latentdemo.sampling.densities.resolve import best_map, map_name
from latentdemo.sampling.densities.store import densities_digest, fitted_names
from latentdemo.sampling.interpolation import Frames, PathKind, interpolate
from latentdemo.sampling.paths import mean_step
from latentdemo.sampling.pieces import in_batches
from latentdemo.sampling.starts import DATA, PRIOR

PAIRS, USUAL_SEEDS = 100, tuple(range(5))
FRAMES, MIDDLE = 9, slice(3, 6)
WHOLE = 25  # so many pairs are looked at in all frames, to see how even paths are and what is left of ends
PLAIN_STEPS = (1, 5, 10)  # of the plain chain, as in Creswell et al. 2016
MEAN_STEPS = (1, 3)
LEAST_PAIRS = 10
MIDDLE_FRAMES = 3  # of a path
OF_A_PAIR = 2 + 2 * MIDDLE_FRAMES  # held-out images: both ends, what to compare with, and what no path joins

Progress = Callable[[int, int], None]
"""Called with (parts done, in all)."""


class Way(NamedTuple):
    """A path as it is laid, and so many steps that all frames take by a chain, or the inner ones by the mean."""

    kind: PathKind
    steps: int = 0
    mean_steps: int = 0


def measure_paths(
    name: str,
    *,
    pairs: int = PAIRS,
    seeds: Sequence[int] = USUAL_SEEDS,
    spaces: Mapping[str, FeatureSpace] | None = None,
    device: torch.device | str | None = None,
    compute: Compute | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> PathReport:
    """Measure all ways to lay paths of a model; writes nothing.

    Args:
        name: of the model. Where none of its densities has a map, ways through the base space are left out.
        pairs: of ends, in each repetition; fewer where there are not eight held-out images for each.
        seeds: one repetition each, with pairs of its own.
        spaces: feature spaces by name; None takes those of the data set.
        device, compute: see `measure_model`.
        progress: told how far it is.
        cancelled: asked between two ways.

    Raises:
        EvaluationError: too few images or pairs, no repetition, or no feature space.
        Cancelled: `cancelled` answered True.
        LatentdemoError: the model, its held-out images or features cannot be read.
    """
    compute, folder = compute or Here(device), model_folder(name)
    spaces = spaces or load_spaces(folder.parent.name, compute.device, beside=folder.parent)
    held_out = read_held_out(folder.parent)
    pairs = min(pairs, len(held_out) // OF_A_PAIR)
    if pairs < LEAST_PAIRS or not seeds or not spaces:
        raise EvaluationError(
            f"{len(seeds)} repetitions of {pairs} pairs in {len(spaces)} feature spaces: take at least one repetition "
            f"of {LEAST_PAIRS} pairs, with {OF_A_PAIR * LEAST_PAIRS} held-out images and a feature space of the data"
        )
    rows, overlap = divide(len(held_out), OF_A_PAIR * pairs, seeds)
    with compute.model(name, "trained") as model:
        base = best_map(model)
        measured: dict[tuple[str, Way | None], list[Numbers]] = {}
        total = len(seeds) * 2 * (1 + len(ways(base)))
        for seed, chosen in zip(seeds, rows, strict=True):
            repetition = Repetition(model, base, spaces, held_out.tensor(chosen), pairs, seed, compute)
            for key, numbers in repetition.measure():
                measured.setdefault(key, []).append(numbers)
                if progress:
                    progress(sum(map(len, measured.values())), total)
                if cancelled and cancelled():
                    raise Cancelled("cancelled; nothing was written")
        return PathReport(
            model_sha256=model.weights_digest,
            density_sha256=densities_digest(folder),
            map=(map_name(fitted_names(folder)) or "") if base else "",
            pairs=pairs,
            frames=FRAMES,
            seeds=list(seeds),
            overlap=overlap,
            device=describe_device(compute.device),
            created=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            spaces={space: each.digest for space, each in spaces.items()},
            decoded={ends: over_seeds(found, overlap) for (ends, way), found in measured.items() if way is None},
            ways=[as_reported(ends, way, found, overlap) for (ends, way), found in measured.items() if way],
        )


def ways(base: TransportMap | None) -> list[Way]:
    """All ways that are measured; those through the base space where there is one."""
    found = [Way("linear"), Way("spherical"), *(Way("spherical", steps=steps) for steps in PLAIN_STEPS)]
    return found + ([Way("base"), *(Way("base", mean_steps=steps) for steps in MEAN_STEPS)] if base else [])


def as_reported(ends: str, way: Way, found: Sequence[Numbers], overlap: float) -> PathWay:
    """A way with its figures over all repetitions."""
    return path_way(over_seeds(found, overlap), ends, way.kind, way.mean_steps, False, way.steps)


@dataclass
class Repetition:
    """The figures of one seed.

    Attributes:
        model, base: whose paths, and the map of those through the base space.
        spaces: feature spaces by name; how even paths are is seen in the first.
        images: held-out ones, (8 N, C, H, W): two ends a pair, three beside them, three to compare with.
        pairs: N.
        seed: fixes draws of the prior and noise.
        compute: who computes.
    """

    model: GenerativeAutoencoder
    base: TransportMap | None
    spaces: Mapping[str, FeatureSpace]
    images: Tensor
    pairs: int
    seed: int
    compute: Compute

    def measure(self) -> Iterator[tuple[tuple[str, Way | None], Numbers]]:
        """(Ends, way) -> its figures, one after the other; None for the way stands for ends that no path joins."""
        real = in_every_space(self.spaces, self.images[(2 + MIDDLE_FRAMES) * self.pairs :], self.compute.call)
        for ends, latents in ((PRIOR, self.draws()), (DATA, self.encodings())):
            first, last, others = latents.split([self.pairs, self.pairs, MIDDLE_FRAMES * self.pairs])
            yield (ends, None), self.distances(self.decoded(others), real)
            straight: Frames | None = None
            for way, frames in self.frames(first, last):
                straight = straight or frames  # The first way has the ends as they were drawn.
                numbers = self.distances(self.middle(frames.images), real)
                yield (ends, way), numbers | self.of_paths(frames, straight)

    def draws(self) -> Tensor:
        """Draws from the prior, as many as there are encodings, (5 N, D)."""
        shape = (2 + MIDDLE_FRAMES) * self.pairs, self.model.latent_size
        return randn(shape, stream(self.seed, Purpose.PATHS), self.model.device)

    def encodings(self) -> Tensor:
        """Posterior means of the held-out images that are ends, or stand beside them, (5 N, D)."""
        images = self.images[: (2 + MIDDLE_FRAMES) * self.pairs].to(self.model.device)
        return self.in_batches(lambda batch: self.model.encode(batch).mean, images)

    def frames(self, first: Tensor, last: Tensor) -> Iterator[tuple[Way, Frames]]:
        """Each way with the frames that are looked at, see `looked_at`."""
        for kind in ("linear", "spherical", "base"):
            chosen = [way for way in ways(self.base) if way.kind == kind]
            if not chosen:
                continue
            path = self.compute.call(partial(interpolate, first, last, FRAMES, kind, self.base))
            start, inner = self.looked_at(path), self.looked_at(self.inner(path))
            for way in chosen:
                if not way.steps:
                    latents = self.after_mean_steps(start, inner, way.mean_steps)
                    yield way, Frames(latents.cpu(), self.decoded(latents))
            yield from self.after_chain(start, [way for way in chosen if way.steps])

    def looked_at(self, path: Tensor) -> Tensor:
        """Of a path (F, N, ...), all frames of the first pairs, then the middle of the others, (M, ...)."""
        return torch.cat([path[:, : self.whole].flatten(0, 1), path[MIDDLE, self.whole :].flatten(0, 1)])

    @property
    def whole(self) -> int:
        """So many pairs are looked at in all frames."""
        return min(WHOLE, self.pairs)

    def inner(self, path: Tensor) -> Tensor:
        """Which points of a path (F, N, D) are no ends, (F, N)."""
        found = torch.ones(path.shape[:2], dtype=torch.bool, device=path.device)
        found[[0, -1]] = False
        return found

    def after_mean_steps(self, latents: Tensor, inner: Tensor, steps: int) -> Tensor:
        """Latents (M, D), of which the inner ones have taken mean steps."""
        moved = latents.clone()
        for _ in range(steps):
            moved[inner] = self.in_batches(partial(mean_step, self.model), moved[inner])
        return moved

    def after_chain(self, start: Tensor, chosen: Sequence[Way]) -> Iterator[tuple[Way, Frames]]:
        """The ways whose frames take steps of the plain chain, with common noise."""
        if not chosen:
            return
        steps = [way.steps for way in chosen]
        spec = ChainSpec(start=start, count=len(start), steps=max(steps), seed=self.seed, noise="shared")
        runs = list(self.compute.batches(self.model, spec, record=steps))
        for way in chosen:
            latents, images = ([getattr(run, what)[way.steps] for run in runs] for what in ("latents", "images"))
            yield way, Frames(torch.cat(latents), torch.cat(images))

    def middle(self, looked: Tensor) -> Tensor:
        """The middle frames of all pairs, of what `looked_at` gives, (3 N, ...)."""
        whole, others = looked.split([FRAMES * self.whole, len(looked) - FRAMES * self.whole])
        return torch.cat([whole.unflatten(0, (FRAMES, self.whole))[MIDDLE].flatten(0, 1), others])

    def of_paths(self, frames: Frames, original: Frames) -> Numbers:
        """How even the first paths are, and what is left of their ends, on average."""
        space, found = next(iter(self.spaces.values())), []
        for pair in range(self.whole):
            rows = slice(pair, FRAMES * self.whole, self.whole)
            path, before = (Frames(each.latents[rows], each.images[rows]) for each in (frames, original))
            found.append(self.compute.call(partial(measure_path, path, before, space)))
        jumps = [each.largest_jump for each in found if each.largest_jump]
        kept = [max(each.ends_kept, 0.0) for each in found if each.ends_kept is not None]
        return {LARGEST_JUMP: statistics.fmean(jumps), ENDS_KEPT: statistics.fmean(kept)}

    def decoded(self, latents: Tensor) -> Tensor:
        """Images of latents (N, D), on the CPU."""
        return self.in_batches(lambda batch: self.model.decode(batch).mean.cpu(), latents)

    def distances(self, images: Tensor, real: Mapping[str, Tensor]) -> Numbers:
        """How far images are from real ones in each feature space."""
        seen = in_every_space(self.spaces, images, self.compute.call)
        return {f"{space}{IN}{DISTANCE}": frechet_distance(real[space], seen[space]) for space in seen}

    def in_batches(self, work: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        """What a piece of work gives for rows, a batch at a time."""
        return in_batches(work, rows, self.compute.call)
