"""Bradley-Terry with ties: one strength a way, from answers about pairs.

With strengths s and a share of ties nu, answers about ways i and j have the chances

    i preferred : j preferred : no difference  =  exp(s_i) : exp(s_j) : nu exp((s_i + s_j) / 2)

(Davidson 1970, doi 10.1080/01621459.1970.10481082); s_i - s_j is the log odds that i is preferred, where one is. The
fit is the posterior mode under a wide normal prior, which keeps a way finite that always won.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.linalg import eigh
from scipy.special import softmax

from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.statistics.anytime import Array
from latentdemo.reviews.statistics.tally import Tally

PRIOR_SPREAD = 3.0  # standard deviation of a strength in log odds: 20 to 1 is nothing unusual
RESAMPLES = 400
NEWTON_STEPS = 30
LONGEST_STEP = 2.0  # in log odds: a full step from a far starting point may lead astray
CLOSE_ENOUGH = 1e-8  # of a step, in log odds


@dataclass(frozen=True, eq=False)
class Strengths:
    """How strong ways are; intervals hold for one look at a time that was fixed beforehand.

    Attributes:
        ways: k of them.
        log_odds: (k,) strengths, with a mean of 0.
        covariance: (k, k) of their errors.
        persons: who answered, two or more.
        nu: of ties; 0 for none.
    """

    ways: tuple[str, ...]
    log_odds: Array
    covariance: Array
    persons: int
    nu: float

    def of(self, way: str) -> Interval:
        """The strength of a way in log odds against an average one."""
        row = np.zeros(len(self.ways))
        row[self.ways.index(way)] = 1.0
        return self.along(row - row.mean())

    def lead(self, way: str, other: str) -> Interval:
        """The log odds that a way is preferred to another."""
        row = np.zeros(len(self.ways))
        row[[self.ways.index(way), self.ways.index(other)]] = 1.0, -1.0
        return self.along(row)

    def along(self, row: Array) -> Interval:
        """A sum of strengths, (k,) times each, with its interval: Student's t over persons."""
        error = math.sqrt(float(row @ self.covariance @ row))
        return Interval(float(self.log_odds @ row), error, freedom=self.persons - 1)

    def draws(self, count: int, seed: int) -> Array:
        """(count, k) strengths that are as uncertain as these are: a multivariate Student's t."""
        generator = np.random.default_rng(seed)
        errors = generator.multivariate_normal(np.zeros(len(self.ways)), self.covariance, count)
        freedom = self.persons - 1
        return self.log_odds + errors * np.sqrt(freedom / generator.chisquare(freedom, (count, 1)))


def fit_strengths(complete: Tally, seed: int = 0) -> Strengths | None:
    """The strengths of ways, and how they vary with the persons; None where fewer than two answered.

    Args:
        complete: all answers.
        seed: of the resamples of persons.
    """
    counts = outcome_counts(complete)
    persons = len(counts)
    if persons < 2:
        return None
    features = outcome_features(len(complete.ways))
    [fitted], [independent] = fit(counts.sum(axis=0)[None], features)
    drawn = np.random.default_rng(seed).multinomial(persons, np.full(persons, 1.0 / persons), RESAMPLES)
    resampled, _ = fit(np.tensordot(drawn, counts, axes=1), features)
    over_persons = np.cov(resampled[:, :-1].T) * persons / (persons - 1)
    nu = math.exp(fitted[-1]) if complete.ties.any() else 0.0
    covariance = larger(over_persons, independent[:-1, :-1])
    return Strengths(complete.ways, fitted[:-1], covariance, persons, nu)


def larger(over_persons: Array, independent: Array) -> Array:
    """The larger of two covariances, in each direction in which they differ.

    The bootstrap over persons knows that answers of one person go together; few persons who agree by chance make it
    too small, though never smaller than if all answers were independent.
    """
    ratios, directions = eigh(over_persons, independent)
    spread = independent @ directions
    return np.asarray((spread * np.maximum(ratios, 1.0)) @ spread.T)


def outcome_counts(tally: Tally) -> Array:
    """(P, pairs, 3) how often a person preferred the first way of a pair, the second, or saw no difference."""
    first, second = np.array([*combinations(range(len(tally.ways)), 2)]).T
    outcomes = (tally.preferred[:, first, second], tally.preferred[:, second, first], tally.ties[:, first, second])
    return np.stack(outcomes, axis=2)


def outcome_features(ways: int) -> Array:
    """(pairs, 3, k + 1) how the logarithm of an outcome's chance comes from strengths and log nu."""
    features = np.zeros((math.comb(ways, 2), 3, ways + 1))
    for pair, (first, second) in enumerate(combinations(range(ways), 2)):
        features[pair, 0, first] = features[pair, 1, second] = features[pair, 2, ways] = 1.0
        features[pair, 2, [first, second]] = 0.5
    return features


def fit(counts: Array, features: Array) -> tuple[Array, Array]:
    """Posterior modes by Newton's method, of several sets of counts at once.

    Args:
        counts: (B, pairs, 3).
        features: (pairs, 3, d).

    Returns:
        (B, d) strengths and log nu, and the inverse of the curvature there, (B, d, d).
    """
    size = features.shape[-1]
    prior = np.eye(size) / PRIOR_SPREAD**2
    found = np.zeros((len(counts), size))
    asked = counts.sum(axis=2)
    for _ in range(NEWTON_STEPS):
        chances = softmax(np.einsum("bd,pod->bpo", found, features), axis=2)
        expected = np.einsum("bpo,pod->bpd", chances, features)
        slope = np.einsum("bpo,pod->bd", counts - asked[:, :, None] * chances, features) - found @ prior
        square = np.einsum("bp,bpo,pod,poe->bde", asked, chances, features, features, optimize=True)
        curvature = square - np.einsum("bp,bpd,bpe->bde", asked, expected, expected, optimize=True) + prior
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        step *= np.minimum(1.0, LONGEST_STEP / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-12))
        found += step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return found, np.linalg.inv(curvature)
