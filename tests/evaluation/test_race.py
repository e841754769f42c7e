"""The race of ways to sample: who drops out, and what is told of the winner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from latentdemo.checkpoints import checkpoints_dir, load_trained
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation import EvaluationError
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.evaluation.findings.recommend import MARGIN, Limits, recommend
from latentdemo.evaluation.metrics.frechet import frechet_distance
from latentdemo.evaluation.protocol import Arm, plan
from latentdemo.evaluation.race import GROUPS, MOST_STEPS, Race, pseudo_values, race, race_model
from latentdemo.evaluation.repetition import Subject
from latentdemo.evaluation.report import GAP
from latentdemo.sampling import ChainSpec

MODEL = "fashion-mnist/vae"


@pytest.fixture(scope="module")
def subject() -> Subject:
    model = load_trained(MODEL, "cpu")
    spaces = {name: space for name, space in load_spaces("fashion-mnist", "cpu").items() if name != "imagenet"}
    pixels = read_held_out(checkpoints_dir() / "fashion-mnist").pixels[:1000]
    return Subject(model, model, spaces, ImageSet(pixels), None)


def test_pseudo_values_tell_a_distance_without_bias_and_its_error() -> None:
    generator = torch.Generator().manual_seed(0)
    found = np.array(
        [
            pseudo_values(torch.randn(200, 8, generator=generator), 0.5 + torch.randn(200, 8, generator=generator))
            for _ in range(60)
        ]
    )
    means = found.mean(axis=1)
    error = means.std(ddof=1)
    assert means.mean() == pytest.approx(8 * 0.25, abs=3 * error / np.sqrt(60))
    assert np.sqrt((found.var(axis=1, ddof=1) / GROUPS).mean()) == pytest.approx(error, rel=0.35)
    real, fake = torch.randn(200, 8, generator=generator), torch.randn(200, 8, generator=generator)
    assert np.mean(pseudo_values(real, fake)) < frechet_distance(real, fake)


class Known(Race):
    """A race whose ways have known distances, seen through noise that all ways share for the most part.

    Args:
        truths: true distances of ways after 1, 2, ... steps; the prior sample's is 50, the ceiling's 10.
    """

    def __init__(self, subject: Subject, truths: list[float], seed: int) -> None:
        super().__init__(subject, [Arm(ChainSpec(steps=len(truths)), tuple(range(len(truths) + 1)))])
        self.truths = [50.0, *truths]
        self.random = np.random.default_rng(seed)

    def run_round(self) -> None:
        shared = self.random.normal(0.0, 3.0, GROUPS)
        self.ceiling.setdefault("damage", []).extend(10.0 + self.random.normal(0.0, 1.0, GROUPS))
        for way in self.running:
            values = self.values.setdefault(way, {})
            noise = shared + self.random.normal(0.0, 1.5, GROUPS)
            values.setdefault("damage frechet_distance", []).extend(self.truths[way[1]] + noise)
            values.setdefault("damage coverage", []).append(0.9 - 0.005 * self.truths[way[1]])
            self.costs.setdefault(way, []).append(0.1 * way[1])
        self.rounds += 1
        self.eliminate()


def test_the_best_stays_in_the_race_and_the_hopeless_drop_out(subject: Subject) -> None:
    kept = hopeless = 0
    for seed in range(100):
        contest = Known(subject, [45.0, 30.0, 14.0, 12.0, 60.0], seed)
        for _ in range(6):
            contest.run_round()
        steps = {step for _, step in contest.running}
        assert 0 in steps
        kept += 4 in steps
        hopeless += bool({1, 2, 5} & steps)
        answer = contest.answer()
        assert answer.chosen is None or answer.chosen.steps in (3, 4)
        assert answer.out == contest.ways - len(contest.running)
    assert kept >= 95
    assert hopeless == 0


def test_who_does_not_keep_to_the_limits_neither_leads_nor_stays(subject: Subject) -> None:
    contest = Known(subject, [35.0, 12.0], seed=0)
    contest.limits = Limits(milliseconds=0.15)  # the better way, of two steps, costs 0.2
    for _ in range(6):
        contest.run_round()
    assert {step for _, step in contest.running} == {0, 1}
    answer = contest.answer()
    assert answer.chosen is not None
    assert answer.chosen.steps == 1


def test_a_race_is_settled_when_one_way_is_left(subject: Subject) -> None:
    contest = Known(subject, [12.0, 49.0], seed=0)
    answers = []
    while len(answers) < 10 and not (answers and answers[-1].is_settled):
        contest.run_round()
        answers.append(contest.answer())
    assert answers[-1].is_settled
    assert answers[-1].chosen is not None
    assert answers[-1].chosen.steps == 1


@pytest.mark.slow
def test_what_is_told_is_of_images_that_did_not_choose(subject: Subject) -> None:
    contest = Race(subject, plan(subject.trained, ["hmc"], [1, 3]), count=250)
    answer = list(race(contest, budget=600.0, rounds=2))[-1]
    assert answer.rounds == 2
    assert answer.chosen is not None
    assert answer.chosen.kernel == "hmc"
    assert answer.told is not None
    assert answer.told.gap is not None
    assert answer.told.gap.figure.mean > 50.0
    assert set(answer.told.judged["damage"][GAP].values).isdisjoint(answer.chosen.judged["damage"][GAP].values)
    assert len(answer.left) + answer.out == contest.ways - 1  # nothing is limited
    assert 0.0 < answer.chosen.figures["image_kept"].mean < 0.6
    survivors = replace(contest.limits, start_kept=0.99)
    assert recommend(contest.rows(), survivors, halved=False).row is None


def test_limits_and_long_chains_are_kept_out(subject: Subject) -> None:
    contest = Race(subject, plan(subject.trained), Limits(chains_only=True), count=100)
    assert max(step for _, step in contest.running) == MOST_STEPS
    assert contest.prior in contest.running
    assert 1.0 - contest.confidence < 0.05 / contest.ways
    assert MARGIN > 0


def test_a_race_can_be_cancelled_and_needs_time(subject: Subject) -> None:
    contest = Race(subject, plan(subject.trained, ["hmc"], [1]), count=100, cancelled=lambda: True)
    with pytest.raises(Cancelled):
        next(race(contest, 60.0))
    for budget in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(EvaluationError, match="budget"):
            next(race_model(MODEL, budget))
