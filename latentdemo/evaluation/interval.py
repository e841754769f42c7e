"""A figure with its uncertainty: Student's t over repetitions, and paired where two figures share their repetitions.

Repetitions that compare with disjoint sets of held-out images are independent, and the variance of their mean is
S^2 / R. Where there are too few held-out images for that, the sets overlap, and S, the standard deviation over
repetitions, leaves out the part of the held-out images' chance that all of them share. With sets of n out of N images,
f = n / N, the variance is then at most

    S^2 (1 / R + f / (1 - f))

which is the correction of Nadeau & Bengio (2003, doi 10.1023/A:1024068626366) for resampling: exact where all variation
comes from the choice of held-out images, too large, and so on the safe side, where some of it comes from samples.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A figure over repetitions.

    Attributes:
        mean: over repetitions.
        error: its standard error; None where there is one repetition only, which supports no claim.
        values: of the repetitions, in their order; none where only mean and error are known.
        freedom: degrees of freedom of the error; None counts it as known exactly.
        overlap: f / (1 - f), see above; 0 for disjoint sets of held-out images.

    Example:
        >>> before, after = Interval.of([1.0, 2.0, 3.0]), Interval.of([1.5, 2.6, 3.4])
        >>> after.minus(before).low > 0 > after.low - before.high
        True
    """

    mean: float
    error: float | None = None
    values: tuple[float, ...] = ()
    freedom: int | None = None
    overlap: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float], overlap: float = 0.0) -> Self:
        """The figure that repetitions give, at least one."""
        kept = tuple(map(float, values))
        error = None if len(kept) == 1 else standard_deviation(kept) * math.sqrt(1.0 / len(kept) + overlap)
        return cls(statistics.fmean(kept), error, kept, len(kept) - 1, overlap)

    @property
    def half_width(self) -> float | None:
        """Half of the 95 % interval; None where there is none."""
        return None if self.error is None else quantile(self.freedom, CONFIDENCE) * self.error

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval; minus infinity where there is none."""
        return self.low_at(CONFIDENCE)

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval; infinity where there is none."""
        return self.high_at(CONFIDENCE)

    def low_at(self, confidence: float) -> float:
        """Lower end of the interval of another confidence, from 0 to 1."""
        return self.mean - (math.inf if self.error is None else quantile(self.freedom, confidence) * self.error)

    def high_at(self, confidence: float) -> float:
        """Upper end of the interval of another confidence, from 0 to 1."""
        return self.mean + (math.inf if self.error is None else quantile(self.freedom, confidence) * self.error)

    def minus(self, other: Interval) -> Interval:
        """The difference: paired where both have the same repetitions; else Welch's, whose degrees of freedom are
        taken as the smaller of the two."""
        if self.values and len(self.values) == len(other.values):
            return Interval.of([a - b for a, b in zip(self.values, other.values, strict=True)], self.overlap)
        error = None if self.error is None or other.error is None else math.hypot(self.error, other.error)
        known = [each.freedom for each in (self, other) if each.freedom is not None]
        return Interval(self.mean - other.mean, error, freedom=min(known, default=None))

    def below(self, other: Interval) -> bool:
        """Whether it lies below another figure by more than chance explains."""
        return other.minus(self).low > 0.0

    def limited(self, low: float = -math.inf, high: float = math.inf) -> Interval:
        """The figure with what lies below a value, or above one, counted as that value."""
        values = tuple(min(max(value, low), high) for value in self.values)
        return Interval.of(values, self.overlap) if values else replace(self, mean=min(max(self.mean, low), high))

    def part(self, repetitions: Sequence[int]) -> Interval:
        """The figure over some of its repetitions; the whole where none is named, or they are not known one by one."""
        chosen = [self.values[index] for index in repetitions] if self.values else []
        return Interval.of(chosen, self.overlap) if chosen else self


def standard_deviation(values: Sequence[float]) -> float:
    """The standard deviation of two values at least, and exactly 0 where all are equal.

    `statistics.stdev` counts in fractions and takes thirty times as long, and a report has thousands of figures.
    """
    from_first = [value - values[0] for value in values]
    middle = statistics.fmean(from_first)
    return math.hypot(*(each - middle for each in from_first)) / math.sqrt(len(values) - 1)


@cache
def quantile(freedom: int | None, confidence: float) -> float:
    """How many standard errors an interval reaches to each side, by Student's t or the normal distribution."""
    from scipy.special import ndtri, stdtrit  # A page opens sooner without scipy.stats.

    level = 0.5 + confidence / 2.0
    return float(ndtri(level) if freedom is None else stdtrit(freedom, level))


def ratio_of_gaps(start: Interval, reached: Interval, end: Interval) -> Interval:
    """How far the way from one distance to another was gone, in per cent, from figures of the same repetitions.

        100 (start - reached) / (start - end)

    of the means, which has less bias than a mean of ratios and does not explode where a single repetition's gap is
    small. Each repetition's value is that of the ratio's linear approximation there, so that their mean is the ratio
    and their spread the delta method's: differences of such figures are paired as others are.
    """
    gap = start.mean - end.mean
    share = (start.mean - reached.mean) / gap
    rows = zip(start.values, reached.values, end.values, strict=True)
    return Interval.of([100.0 * (share + (s - r - share * (s - e)) / gap) for s, r, e in rows], start.overlap)
