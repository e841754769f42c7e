"""What is stated as a 95 % interval covers the truth, and what is recommended is right, where the truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from latentdemo.evaluation.division import divide
from latentdemo.evaluation.findings.recommend import MARGIN, halves, is_as_good, objection, recommend
from latentdemo.evaluation.interval import Interval, ratio_of_gaps
from latentdemo.evaluation.metrics.frechet import frechet_distance_jackknife
from latentdemo.evaluation.report import GAP, Measured, Row

SIMULATIONS, REPETITIONS, COUNT, SIZE = 500, 10, 100, 4
LEAST_COVERAGE = 0.93
DATA = (0.0, 1.0)
MODELS = {"prior": (1.0, 1.6), "sampler": (0.4, 0.8), "ceiling": (0.15, 0.9)}
"""Name -> (mean, standard deviation) of every feature, independent of each other."""


def true_distance(model: tuple[float, float]) -> float:
    return SIZE * ((model[0] - DATA[0]) ** 2 + (model[1] - DATA[1]) ** 2)


def drawn(law: tuple[float, float], count: int, random: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(random.normal(*law, (count, SIZE)))


def figures(random: np.random.Generator, pool: torch.Tensor, seeds: Sequence[int]) -> dict[str, Interval]:
    """Distances of all models, as repetitions against parts of a pool of real data find them."""
    rows, overlap = divide(len(pool), COUNT, seeds)
    found: dict[str, list[float]] = {name: [] for name in MODELS}
    for part in rows:
        for name, law in MODELS.items():
            found[name].append(frechet_distance_jackknife(pool[part], drawn(law, COUNT, random)))
    return {name: Interval.of(values, overlap) for name, values in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("held_out", "repetitions"), [(COUNT * REPETITIONS, REPETITIONS), (250, 5)], ids=["disjoint", "overlapping"]
)
def test_intervals_cover_the_truth(held_out: int, repetitions: int) -> None:
    truth = {name: true_distance(law) for name, law in MODELS.items()}
    truth["gap"] = 100 * (truth["prior"] - truth["sampler"]) / (truth["prior"] - truth["ceiling"])
    truth["difference"] = truth["sampler"] - truth["ceiling"]
    hits = dict.fromkeys(truth, 0)
    for number in range(SIMULATIONS):
        random = np.random.default_rng(number)
        found = figures(random, drawn(DATA, held_out, random), range(repetitions))
        found["gap"] = ratio_of_gaps(found["prior"], found["sampler"], found["ceiling"])
        found["difference"] = found["sampler"].minus(found["ceiling"])
        for name, figure in found.items():
            hits[name] += figure.low <= truth[name] <= figure.high
    assert {name: hit / SIMULATIONS for name, hit in hits.items() if hit < LEAST_COVERAGE * SIMULATIONS} == {}


def ways(random: np.random.Generator, truths: Sequence[tuple[float, float]]) -> list[Row]:
    """The prior sample and ways whose true gaps closed in two feature spaces are known, each dearer than the one
    before; noise is partly shared, for they start from the same points."""
    shared = random.normal(0.0, 2.0, (2, REPETITIONS))
    rows = []
    for number, gaps in enumerate([(0.0, 0.0), *truths]):
        judged = {}
        for space, gap, common in zip(("damage", "labels"), gaps, shared, strict=True):
            noise = (common + random.normal(0.0, 1.5, REPETITIONS)) if number else np.zeros(REPETITIONS)
            judged[space] = {
                GAP: Interval.of(gap + noise),
                "frechet_distance": Interval.of(50.0 - 0.4 * (gap + noise)),
                "coverage": Interval.of(0.7 + 0.002 * gap + random.normal(0.0, 0.01, REPETITIONS)),
            }
        kernel, steps = ("hmc", number) if number else ("", 0)
        rows.append(Row.of("prior", kernel, steps, Measured({}, judged), milliseconds=0.5 + number))
    return rows


def test_the_recommendation_is_right_or_within_the_margin_and_what_is_told_of_it_is_not_flattered() -> None:
    right = covered = number = 0
    for number in range(SIMULATIONS):
        random = np.random.default_rng(number)
        truths = [tuple(random.normal(60.0, 25.0, 2)) for _ in range(12)]
        truths[5] = (math.nextafter(90.0, 0), 91.0)
        truths[6:9] = [(89.0, 92.0), (92.0, 89.5), (90.0, 90.0)]
        rows = ways(random, truths)
        advice = recommend(rows)
        paying = [min(truth) for truth in truths if min(truth) > 0]
        assert advice.row
        chosen = min(truths[advice.row - 1])
        right += chosen >= max(paying) - MARGIN
        told = rows[advice.row].part(advice.told_on).judged
        space = min(told, key=lambda name: told[name][GAP].mean)
        truth = truths[advice.row - 1][("damage", "labels").index(space)]
        covered += told[space][GAP].low <= truth <= told[space][GAP].high
    assert right >= 0.95 * SIMULATIONS
    assert covered >= LEAST_COVERAGE * SIMULATIONS


@pytest.mark.parametrize("gap", [0.0, -5.0])
def test_a_model_that_nothing_helps_is_left_alone_in_nearly_all_simulations(gap: float) -> None:
    advised = [recommend(ways(np.random.default_rng(number), [(gap, 50.0)] * 6)).row for number in range(200)]
    assert sum(row is not None for row in advised) <= 0.05 * len(advised)


def test_a_way_that_is_nearer_to_real_data_is_found_though_one_space_hardly_has_a_gap() -> None:
    advised, told_by_the_gap = 0, 0
    for number in range(200):
        random = np.random.default_rng(number)
        prior, way, ceiling = (random.normal(mean, 0.9, REPETITIONS) for mean in (12.4, 9.9, 11.9))
        hardly = ratio_of_gaps(*(Interval.of(list(each)) for each in (prior, way, ceiling)))
        rows = ways(random, [(90.0, 90.0)])
        for row, distance, gap in zip(rows, (prior, way), (Interval.of(prior - prior), hardly), strict=True):
            row.judged["labels"] |= {GAP: gap, "frechet_distance": Interval.of(list(distance))}
        advised += recommend(rows).row == 1
        told_by_the_gap += hardly.low > 0.0
    assert advised >= 0.9 * 200 > told_by_the_gap


def test_fewer_repetitions_make_it_harder_to_be_as_good_as_the_best() -> None:
    rows = [ways(np.random.default_rng(number), [(89.5, 89.5), (90.0, 90.0)])[1:] for number in range(200)]
    many = sum(is_as_good(*pair) for pair in rows)
    few = sum(is_as_good(*(row.part(range(4)) for row in pair)) for pair in rows)
    assert few < 0.5 * many


def test_what_one_half_holds_against_a_way_is_not_told_where_all_repetitions_do_not() -> None:
    rows = ways(np.random.default_rng(0), [(90.0, 90.0)])
    prior, way = (row.judged["labels"] for row in rows)
    prior["coverage"] = Interval.of([0.7] * REPETITIONS)
    way["coverage"] = Interval.of(taking_turns([0.75, 0.60, 0.78, 0.66, 0.74], [0.75] * 5))
    way["frechet_distance"] = Interval.of(taking_turns([46.5, 47.0, 47.5, 47.0, 47.0], [40.0, 52.0, 41.0, 53.0, 44.0]))
    assert [objection(*(row.part(half) for row in rows), None) for half in halves(rows)] == ["coverage", "chance"]
    assert objection(*rows, None) == ""
    assert (recommend(rows).row, recommend(rows).reason) == (None, "unconfirmed")


def taking_turns(first: list[float], second: list[float]) -> list[float]:
    """Values of repetitions whose halves have these."""
    return [value for pair in zip(first, second, strict=True) for value in pair]


def test_of_two_ways_to_the_same_pictures_the_one_without_steps_is_advised_whatever_was_timed() -> None:
    prior, chain = ways(np.random.default_rng(0), [(90.0, 90.0)])
    draw = Row.of("flow", "", 0, Measured({}, chain.judged), milliseconds=chain.milliseconds + 0.1)
    assert [recommend(rows).row for rows in ([prior, chain, draw], [prior, draw, chain])] == [2, 1]
