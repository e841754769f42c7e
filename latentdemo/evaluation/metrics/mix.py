"""Whether samples keep the mix of the data: shares of predicted classes by attribute, and how far they moved.

They are shares of what a classifier says: it errs on real images too, and more so on images that look like no class.
"""

from __future__ import annotations

from math import exp, lgamma
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from latentdemo.evaluation.metrics.rows import QualityError

Classes = Tensor | np.ndarray
"""(N,) whole numbers from 0, the class of each image."""


class Mix(NamedTuple):
    """One attribute in two sets of images; see `mix_of`.

    Attributes:
        real, fake: share of each class, (count,) in sum 1.
        total_variation: share of images that would have to change class to make both mixes equal, from 0 to 1; above 0
            by chance alone.
        corrected: the same less what chance alone gives; 0 in expectation for equal laws, so that it may be negative.
    """

    real: tuple[float, ...]
    fake: tuple[float, ...]
    total_variation: float
    corrected: float


def mix_of(numbers: Tensor, others: Tensor) -> Mix:
    """The mix of one attribute by the real and the generated images in each class, (K,) each, see `class_counts`.

    Raises:
        QualityError: different numbers of classes.
    """
    p, q = numbers / numbers.sum(), others / others.sum()
    distance = total_variation(p, q)
    return Mix(tuple(p.tolist()), tuple(q.tolist()), distance, distance - variation_by_chance(numbers, others))


def shares(classes: Classes, count: int) -> Tensor:
    """Share of images (N,) in each of `count` classes, (count,) float64.

    Raises:
        QualityError: no image, or a class that is not among them.
    """
    counts = class_counts(classes, count)
    return counts / counts.sum()


def class_counts(classes: Classes, count: int) -> Tensor:
    """Number of images (N,) in each of `count` classes, (count,) float64."""
    numbers = torch.as_tensor(classes, device="cpu")
    if numbers.dim() != 1 or not len(numbers) or numbers.is_floating_point():
        raise QualityError(
            f"classes have shape {tuple(numbers.shape)} and type {numbers.dtype}; take (N,) whole numbers, 1 at least"
        )
    if numbers.min() < 0 or numbers.max() >= count:
        raise QualityError(f"classes go from {numbers.min()} to {numbers.max()}; take 0 to {count - 1}")
    return torch.bincount(numbers.long(), minlength=count).double()


def total_variation(p: Tensor, q: Tensor) -> float:
    """Total variation distance between two laws over the same classes, (K,) each in sum 1.

        TV = 1/2 sum over classes of |p - q|

    Shares of counted images scatter, and no scatter makes it smaller than 0: between sets of one law it is about
    sqrt(K / (2 pi)) * sqrt(1 / N + 1 / M) at most. For what counting alone gives see `variation_by_chance`.

    Raises:
        QualityError: different numbers of classes.
    """
    if p.shape != q.shape:
        raise QualityError(f"shares of {len(p)} against {len(q)} classes: take the same classes on both sides")
    return 0.5 * (p - q).abs().sum().item()


def variation_by_chance(counts: Tensor, others: Tensor) -> float:
    """Total variation that two sets of images have on average when all of them are dealt into the two at random.

        (N + M) / (2 N M) * sum over classes of E|X - E X|,    X ~ hypergeometric(N + M, n + m, N)

    with n of the N images of one set in a class and m of the M of the other. It is the exact mean over all
    permutations, without drawing any (the permutation test's: Fisher 1935, The Design of Experiments). For sets of one
    law the observed total variation has the same mean, so that their difference is 0 in expectation whatever the law
    and the counts. Where the laws differ it takes off too much, by no more than itself: for there chance also brings
    shares nearer to each other.

    Args:
        counts, others: images in each class, (K,) each.
    """
    n, m = int(counts.sum()), int(others.sum())
    both = (counts + others).long().tolist()
    return (n + m) / (2 * n * m) * sum(mean_deviation(n + m, marked, n) for marked in both)


def mean_deviation(total: int, marked: int, drawn: int) -> float:
    """Mean absolute deviation of the number X of marked ones among `drawn` of `total` without replacement.

        E|X - E X| = 2 v (total - marked - drawn + v) / total * P(X = v),    v the least whole number above E X

    (Diaconis & Zabell 1991, Statistical Science 6, 284.)
    """
    v = drawn * marked // total + 1
    if v > min(drawn, marked):
        return 0.0
    chance = log_choices(marked, v) + log_choices(total - marked, drawn - v) - log_choices(total, drawn)
    return 2.0 * v * (total - marked - drawn + v) / total * exp(chance)


def log_choices(total: int, chosen: int) -> float:
    """Logarithm of the number of ways to choose so many of a total."""
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)
