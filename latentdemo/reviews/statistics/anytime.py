"""Intervals for a mean that stay valid while one watches and stops when one likes.

Somebody who doubts that the mean of observations x in [0, 1] is m, and thinks it higher, may bet on it: with a stake c
in (0, 1) their capital after n observations is

    K(m) = prod_i (1 + c (x_i / m - 1)),

which nobody expects to grow if m is the mean: K is then a non-negative martingale that begins at 1, and by Ville's
inequality it ever reaches 1 / alpha with probability alpha at the most, however often one looks. The means at which it
never did are a confidence sequence. K is averaged over many stakes, so that none need be chosen, and both sides, x and
1 - x, get half of alpha: hedged grid Kelly betting of Waudby-Smith and Ramdas (2023, doi 10.1093/jrsssb/qkad009). The
stakes are spread as Krichevsky and Trofimov (1981) do, which costs little whatever the mean.

Of an observation that is not complete, the least that it may come to is enough for the lower end, the most for the
upper: K rises with x, so the capital of what is known never exceeds that of what will be. With each answer, and each
observation that joins behind the others, more means are ruled out, and none is taken back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

Array = NDArray[np.floating[Any]]

ALPHA = 0.05  # An interval misses the mean in this share of all reviews at the most, at any time.
NUM_STAKES = 32
STAKES = (1.0 - np.cos(np.pi * (np.arange(NUM_STAKES) + 0.5) / NUM_STAKES)) / 2.0
SMALLEST = 1e-9  # mean that is tried
CLOSE_ENOUGH = 1e-5  # of an end


def log_growth(values: Array, mean: float) -> Array:
    """What each observation multiplies the capital of each stake with, in logarithms.

    Args:
        values: (..., n) observations in [0, 1].
        mean: that is doubted, in (0, 1].

    Returns:
        (..., n, stakes).
    """
    return np.log1p(STAKES * (values[..., None] / mean - 1.0))


def log_capital(values: Array, mean: float) -> Array:
    """Logarithm of the capital after each observation, (..., n), of those who think the mean of `values` higher."""
    return np.asarray(logsumexp(log_growth(values, mean).cumsum(axis=-2), axis=-1)) - np.log(NUM_STAKES)


def exceeds(values: Array, mean: float, alpha: float = ALPHA) -> bool:
    """Whether observations (n,), in the order in which they began, rule out that their mean is this, or lower."""
    return bool(len(values) and log_capital(values, mean).max() >= -np.log(alpha))


def lower_end(values: Array, alpha: float) -> float:
    """The largest mean that observations (n,) rule out; 0 where they rule out none."""
    if not exceeds(values, SMALLEST, alpha):
        return 0.0
    return float(brentq(lambda mean: log_capital(values, mean).max() + np.log(alpha), SMALLEST, 1.0, xtol=CLOSE_ENOUGH))


def anytime_interval(lows: Array, highs: Array, alpha: float = ALPHA) -> tuple[float, float]:
    """The interval of a mean, valid at all times together.

    Args:
        lows: (n,) the least that each observation may come to, in the order in which they began.
        highs: (n,) the most.
        alpha: share of reviews in which it may ever miss.

    Example:
        >>> values = np.full(12, 0.9)
        >>> low, high = anytime_interval(values, values)
        >>> 0.5 < low < 0.9 < high
        True
    """
    return lower_end(lows, alpha / 2.0), 1.0 - lower_end(1.0 - highs, alpha / 2.0)
