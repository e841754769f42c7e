"""A first answer within a budget of time: the ways to sample race each other, and who surely cannot win drops out.

Successive elimination (Even-Dar, Mannor, Mansour 2006, JMLR 7:1079-1105): in each round every way that is left draws
fresh samples, which are compared with fresh held-out images. A way drops out once an interval of the difference
between it and the leader lies beyond the margin of the recommendation; the confidence of each interval is such that all
of them, of every way in every round, hold together with 95 % (Bonferroni).

A round's figures come with an interval of their own, by the delete-a-group jackknife: the rows of both sides are dealt
into groups g = 1 ... G, and the pseudo-values

    G d - (G - 1) d(without g)

of a distance d count as its repetitions (Tukey 1958; Efron & Stein 1981, doi 10.1214/aos/1176345462). Their mean is
free of the distance's bias of order 1 / n.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data import read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation.compute import Compute, Here
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.findings.recommend import ANY, MARGIN, Limits, recommend
from latentdemo.evaluation.interval import CONFIDENCE, Interval
from latentdemo.evaluation.measuring import with_gaps
from latentdemo.evaluation.metrics.frechet import frechet_distance
from latentdemo.evaluation.metrics.prdc import prdc
from latentdemo.evaluation.protocol import Arm, plan
from latentdemo.evaluation.reduced.sample import Features
from latentdemo.evaluation.repetition import (
    Subject,
    distances_from_start,
    posterior_draws,
    with_start_kept,
)
from latentdemo.evaluation.report import CEILING, DISTANCE, GAP, EvaluationError, Measured, Row, most_closed
from latentdemo.random import Purpose, stream
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.starts import PRIOR

COUNT = 500  # Images a side, in each round.
LEAST_COUNT = 50
GROUPS = 5  # Of the jackknife.
CONFIRMING = 5  # Rounds of the chosen way and the prior sample alone; they cost little.
MOST_STEPS = 10  # Longer chains cost too much to race; the whole evaluation looks at them.
MOST_ROUNDS = 20

Way = tuple[str, int]
"""Key of an arm, and one of its steps."""


@dataclass(frozen=True)
class FirstAnswer:
    """What a race has found so far.

    Attributes:
        chosen: the way that is advised, its figures from all rounds; None says "leave this model alone".
        told: its figures from images that did not choose it; None before these were taken.
        reason: see `Recommendation`.
        left: the ways that are still in the race and keep to the limits, the chosen one among them.
        out: how many dropped out.
        rounds: that were run.
        seconds: that it took.
    """

    chosen: Row | None
    told: Measured | None
    reason: str
    left: list[Row]
    out: int
    rounds: int
    seconds: float

    @property
    def is_settled(self) -> bool:
        """Whether more rounds could not change the answer."""
        return not self.left or (len(self.left) == 1 and self.chosen is not None)


class Race:
    """The ways to sample a model, round after round.

    Args:
        subject: what is measured.
        arms: the ways; those with more than `MOST_STEPS` steps are not raced.
        limits: what the chosen way must keep to.
        count: images a side, in each round.
        cancelled: asked between two batches.
    """

    def __init__(
        self,
        subject: Subject,
        arms: Sequence[Arm],
        limits: Limits = ANY,
        count: int = COUNT,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.subject = subject
        self.limits = limits
        self.count = min(count, subject.most)
        self.cancelled = cancelled
        self.arms = {arm.key: arm for arm in map(shortened, arms) if arm.steps}
        self.running = {(key, step) for key, arm in self.arms.items() for step in arm.steps}
        self.ways = len(self.running)
        self.values: dict[Way, dict[str, list[float]]] = {}
        self.ceiling: dict[str, list[float]] = {}
        self.costs: dict[Way, list[float]] = {}
        self.kept: dict[Way, list[float]] = {}
        self.rounds = 0
        self.started = time.perf_counter()
        order = np.random.default_rng(0)
        self.held_out = order.permutation(len(subject.held_out))
        self.others = self.held_out if subject.train is None else order.permutation(len(subject.train))

    @property
    def confidence(self) -> float:
        """Of each of all intervals."""
        return 1.0 - (1.0 - CONFIDENCE) / (self.ways * MOST_ROUNDS)

    @property
    def prior(self) -> Way:
        """The prior sample, which is never out of the race."""
        return next((key, 0) for key, arm in self.arms.items() if arm.has_prior_sample)

    def sides(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of held-out images, and of those that the ceiling is taken of; fresh ones as long as there are any."""
        first = self.rounds * self.count
        rows = [np.arange(first, first + self.count) % len(each) for each in (self.held_out, self.others)]
        if self.subject.train is None:
            rows[1] = (rows[0] + len(self.held_out) // 2) % len(self.held_out)
        return self.held_out[rows[0]], self.others[rows[1]]

    def run_round(self) -> None:
        """Let every way that is left draw samples, and see who drops out."""
        rows, others = self.sides()
        real = self.subject.features_of(self.subject.held_out.tensor(rows))
        for space, values in self.distances(real, self.ceiling_features(others)).items():
            self.ceiling.setdefault(space, []).extend(values)
        for key, arm in self.arms.items():
            steps = sorted(step for name, step in self.running if name == key)
            if steps:
                self.measure(replace(arm, spec=arm.spec.replaced(steps=max(steps)), steps=tuple(steps)), key, real)
        self.rounds += 1
        self.eliminate()

    def measure(self, arm: Arm, key: str, real: Features) -> None:
        """Samples of one arm in one round."""
        spec = arm.spec.replaced(count=self.count, seed=self.rounds)
        found: dict[int, list[Features]] = {step: [] for step in arm.steps}
        seconds = dict.fromkeys(arm.steps, 0.0)
        first = {0} if arm.start == PRIOR else set()
        before: ChainRun | None = None
        for run in self.subject.compute.batches(
            self.subject.model, spec, record=sorted(first | set(arm.steps)), cancelled=self.cancelled
        ):
            for step in arm.steps:
                found[step].append(self.subject.features_of(run.images[step]))
                seconds[step] += run.seconds[step]
                if first and step:
                    survives = with_start_kept(distances_from_start(run, step, before))
                    self.kept.setdefault((key, step), []).append(survives["image_kept"])
            before = run
        for step, parts in found.items():
            features = {space: torch.cat([part[space] for part in parts]) for space in parts[0]}
            kept = self.values.setdefault((key, step), {})
            for space, values in self.distances(real, features).items():
                kept.setdefault(f"{space} {DISTANCE}", []).extend(values)
                kept.setdefault(f"{space} coverage", []).extend(coverage_by_group(real[space], features[space]))
            self.costs.setdefault((key, step), []).append(1000.0 * seconds[step] / self.count)

    def distances(self, real: Features, features: Features) -> dict[str, list[float]]:
        """Pseudo-values of the Fréchet distance in each space."""
        return {space: pseudo_values(real[space], features[space]) for space in features}

    def ceiling_features(self, others: np.ndarray) -> Features:
        """Features of what the decoder makes of the encodings of real images."""
        images = self.subject.held_out if self.subject.train is None else self.subject.train
        model, call = self.subject.model, self.subject.compute.call
        generator = stream(self.rounds, Purpose.RECONSTRUCTIONS, device=model.device)
        latents = call(lambda: posterior_draws(model, images.tensor(others), generator))
        spec = ChainSpec(start=latents, count=len(latents), steps=0)
        runs = self.subject.compute.batches(model, spec, record=(0,), cancelled=self.cancelled)
        return self.subject.features_of(torch.cat([run.images[0] for run in runs]))

    def rows(self) -> list[Row]:
        """The ways that are left, and the prior sample, with what all rounds found of them."""
        found = []
        for key, step in sorted(self.running):
            judged: dict[str, dict[str, Interval]] = {}
            for name, values in self.values[key, step].items():
                space, figure = name.split(" ")
                judged.setdefault(space, {})[figure] = Interval.of(values)
            spec, cost = self.arms[key].spec.replaced(steps=step), float(np.median(self.costs[key, step]))
            kept = self.kept.get((key, step))
            own = {"image_kept": Interval(float(np.mean(kept)))} if kept else {}
            found.append(Row(own, judged, spec=spec, average_steps=step, milliseconds=cost))
        ceiling = {space: {DISTANCE: Interval.of(values)} for space, values in self.ceiling.items()}
        return with_gaps(found, {CEILING: Measured({}, ceiling)})[0]

    def eliminate(self) -> None:
        """Take out of the race who does not keep to the limits, who surely closes less than the leader of the others
        by more than the margin, and who surely harms."""
        rows = dict(zip(sorted(self.running), self.rows(), strict=True))
        self.running -= {way for way, row in rows.items() if way != self.prior and not self.limits.allow(row)}
        leading = [rows[way] for way in sorted(self.running) if rows[way].gap]
        leader = most_closed(leading)
        if leader is None or leader.gap is None:
            return
        space = leader.gap.space
        for way, row in rows.items():
            behind = leader.gap.figure.minus(row.judged[space][GAP]).low_at(self.confidence) > MARGIN
            harms = any(figures[GAP].high_at(self.confidence) < 0.0 for figures in row.judged.values())
            if way != self.prior and (behind or harms):
                self.running.discard(way)

    def answer(self, told: Measured | None = None) -> FirstAnswer:
        """What is known so far."""
        rows = self.rows()
        advice = recommend(rows, self.limits, halved=False)
        left = [row for row in rows if not row.is_prior and self.limits.allow(row)]
        chosen = None if advice.row is None else rows[advice.row]
        seconds = time.perf_counter() - self.started
        out = self.ways - len(self.running)
        return FirstAnswer(chosen, told, advice.reason, left, out, self.rounds, seconds)

    def confirm(self) -> FirstAnswer:
        """The answer, with the chosen way's figures taken of fresh samples and images, so that its luck in the race
        does not flatter it."""
        answer = self.answer()
        if answer.chosen is None:
            return answer
        again = Race(self.subject, list(self.arms.values()), self.limits, self.count, self.cancelled)
        again.rounds = self.rounds
        chosen = next(way for way, row in zip(sorted(self.running), self.rows(), strict=True) if same_way(row, answer))
        for _ in range(CONFIRMING):
            again.running = {self.prior, chosen}
            again.run_round()
        again.running = {self.prior, chosen}
        return self.answer(next(row for row in again.rows() if not row.is_prior))


def same_way(row: Row, answer: FirstAnswer) -> bool:
    """Whether a row is the chosen way."""
    assert answer.chosen is not None
    return row.spec == answer.chosen.spec


def shortened(arm: Arm) -> Arm:
    """An arm without its long chains."""
    steps = tuple(step for step in arm.steps if step <= MOST_STEPS)
    return replace(arm, spec=arm.spec.replaced(steps=max(steps, default=0)), steps=steps)


def pseudo_values(real: Tensor, fake: Tensor) -> list[float]:
    """The Fréchet distance of features (N, F) and (N, F) as values of a few groups, whose mean has no bias of order
    1 / N and whose spread tells the error of that mean."""
    whole = frechet_distance(real, fake)
    values = []
    for group in range(GROUPS):
        keep = torch.arange(len(real), device=real.device) % GROUPS != group
        values.append(GROUPS * whole - (GROUPS - 1) * frechet_distance(real[keep], fake[keep]))
    return values


def coverage_by_group(real: Tensor, fake: Tensor) -> list[float]:
    """Coverage within each group of rows of features (N, F) and (N, F), to compare with that of other samples."""
    groups = torch.arange(len(real), device=real.device) % GROUPS
    return [prdc(real[groups == group], fake[groups == group]).coverage for group in range(GROUPS)]


def race(contest: Race, budget: float, rounds: int = MOST_ROUNDS) -> Iterator[FirstAnswer]:
    """Answers, one after each round, until the budget of seconds is used up or only one way is left; the last one has
    figures that the race did not choose by.

    Raises:
        Cancelled: as `cancelled` of the race says.
    """
    longest = 0.0
    while True:
        if contest.cancelled and contest.cancelled():
            raise Cancelled("cancelled; the race has no answer yet")
        before = time.perf_counter()
        contest.run_round()
        longest = max(longest, time.perf_counter() - before)
        answer = contest.answer()
        spent = time.perf_counter() - contest.started
        if answer.is_settled or contest.rounds >= rounds or spent + 1.2 * longest > budget:
            break
        yield answer
    yield contest.confirm()


def race_model(
    name: str,
    budget: float,
    *,
    limits: Limits = ANY,
    spaces: Mapping[str, FeatureSpace] | None = None,
    compute: Compute | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[FirstAnswer]:
    """Race the ways to sample a model whose densities were fitted, against the held-out images of its data set.

    Args:
        name: of the model.
        budget: seconds; a round that was begun is ended, and at least one is run.
        limits: what the chosen way must keep to.
        spaces: feature spaces by name; None takes those of the data set.
        compute: see `measure_model`.
        cancelled: asked between two batches.

    Yields:
        what is known after each round.

    Raises:
        EvaluationError: a budget that is not positive, or too few held-out images.
        Cancelled: `cancelled` answered True.
        LatentdemoError: the model, its densities, held-out images or features cannot be read.
    """
    if not 0.0 < budget < float("inf"):
        raise EvaluationError(f"the budget is {budget:g} seconds; it must be above 0")
    compute = compute or Here()
    with compute.model(name, "trained") as trained, compute.model(name, "served") as served:
        folder = model_folder(name)
        spaces = spaces or load_spaces(folder.parent.name, compute.device, beside=folder.parent)
        subject = Subject(served, trained, spaces, read_held_out(folder.parent), None, compute)
        if subject.most < LEAST_COUNT:
            raise EvaluationError(
                f"{len(subject.held_out)} held-out images are too few to race ways to sample; {2 * LEAST_COUNT} are "
                "the least"
            )
        yield from race(Race(subject, plan(trained), limits, cancelled=cancelled), budget)
