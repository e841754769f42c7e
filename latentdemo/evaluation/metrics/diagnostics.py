"""How well chains mix: R-hat, effective sample size, autocorrelation, and hops between regions of the latent space.

They speak of long runs of several chains, not of the few steps that make a picture. And they say whether the chains
have mixed, not to what: for that see `latentdemo.evaluation.metrics.two_sample`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.metrics.rows import FeatureRows, QualityError, check_rows

LEAST_CHAINS = 4  # Vehtari et al. 2021
WARM_UP = 0.5  # This share of a run is left out: the first half (Gelman & Rubin 1992, Statistical Science 7, 457).
LEAST_STEPS = 100  # After the warm-up. With fewer, an estimated autocorrelation is mostly noise.
LAGS = 50  # So many lags of the autocorrelation are told.
WINDOW = 5.0  # The sum over lags ends after so many autocorrelation times, as in emcee (Sokal 1996).
LEAST_TIMES = 50.0  # An autocorrelation time is told of runs that are so many times as long, as in emcee.
REGIONS = 10  # The learned latent distribution is cut into so many parts.


@dataclass(frozen=True)
class Diagnostics:
    """What `diagnose` finds; `dataclasses.asdict` of it can be written as JSON.

    Attributes:
        chains, steps: what it was taken of, after the warm-up.
        still_dimensions: number of dimensions that no chain moves in; they have no figures and are left out of all.
        rhat_max, rhat_median: rank-normalised split R-hat, over dimensions; 1 when mixed, above 1.01 not yet.
        ess_min, ess_median: bulk effective sample size of all chains together, over dimensions.
        ess_per_step: `ess_min` / (chains * steps), what one step of one chain is worth in independent draws.
        autocorrelation: at lags 0, 1, 2, ... up to 50, mean over chains and dimensions.
        autocorrelation_time: steps that are worth one independent draw, from the mean autocorrelation: 1 for
            independent draws, less where steps overshoot. None where the steps are fewer than 50 of it: an estimate
            from so short a run comes out too small.
        warm_up: steps before, which count in no figure.
    """

    chains: int
    steps: int
    still_dimensions: int
    rhat_max: float
    rhat_median: float
    ess_min: float
    ess_median: float
    ess_per_step: float
    autocorrelation: tuple[float, ...]
    autocorrelation_time: float | None
    warm_up: int


def diagnose(draws: Tensor | np.ndarray) -> Diagnostics:
    """Mixing of several chains, after the first half of their run.

    What they start from is not what they mix to, and the way there would count as slow mixing: it is left out.
    R-hat and effective sample size are those of arviz-stats (Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021, arXiv
    1903.08008: rank-normalised, the worse of bulk and folded; bulk).

    Args:
        draws: (C, S, D), latents of C chains at S steps one after the other.

    Raises:
        QualityError: fewer than 4 chains or 200 steps, values that are not finite, or chains that never move.
        LatentdemoError: arviz-stats is not installed.
    """
    everything = check_draws(draws)
    warm_up = int(WARM_UP * everything.shape[1])
    values = everything[:, warm_up:]
    moving = (values != values[:, :1]).any(axis=(0, 1))
    if not moving.any():
        raise QualityError(
            "no chain moves in any dimension: there is nothing to diagnose; look at the kernel's options"
        )
    values = values[:, :, moving]
    chains, steps, _ = values.shape
    rhat, ess = rhat_and_ess(values)
    correlation = autocorrelation(values)
    return Diagnostics(
        chains=chains,
        steps=steps,
        still_dimensions=int((~moving).sum()),
        rhat_max=float(rhat.max()),
        rhat_median=float(np.median(rhat)),
        ess_min=float(ess.min()),
        ess_median=float(np.median(ess)),
        ess_per_step=float(ess.min()) / (chains * steps),
        autocorrelation=tuple(float(value) for value in correlation[: LAGS + 1]),
        autocorrelation_time=told_time(integrated_time(correlation), steps),
        warm_up=warm_up,
    )


def check_draws(draws: Tensor | np.ndarray) -> np.ndarray:
    """Draws as a float64 array, after everything that a caller can get wrong was looked at."""
    values = torch.as_tensor(draws, device="cpu").detach().cpu().double().numpy()
    if values.ndim != 3 or not values.shape[2]:
        raise QualityError(f"draws have shape {values.shape}; take (chains, steps, dimensions)")
    chains, steps, _ = values.shape
    if chains < LEAST_CHAINS or steps - int(WARM_UP * steps) < LEAST_STEPS:
        raise QualityError(
            f"{chains} chains of {steps} steps: on a run this short R-hat and effective sample size mean nothing; "
            f"take at least {LEAST_CHAINS} chains of {LEAST_STEPS / (1 - WARM_UP):.0f} steps, some for the warm-up"
        )
    if not np.isfinite(values).all():
        raise QualityError("draws hold values that are not finite; look at the chain that made them")
    return values


def rhat_and_ess(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rank-normalised R-hat and bulk effective sample size of each dimension of (C, S, D), (D,) each."""
    try:
        from arviz_stats.base import array_stats
    except ImportError as error:
        raise LatentdemoError("arviz-stats is missing: install it with 'pip install arviz-stats'") from error
    axes = {"chain_axis": 0, "draw_axis": 1}
    rhat, ess = array_stats.rhat(values, method="rank", **axes), array_stats.ess(values, method="bulk", **axes)
    return np.atleast_1d(rhat), np.atleast_1d(ess)


def autocorrelation(values: np.ndarray) -> np.ndarray:
    """Autocorrelation at lags 0 to S - 1 of draws (C, S, D), mean over chains and dimensions, (S,).

    The mean that is taken off is the one over all chains: chains that stay in different places are correlated over
    all lags, which their own means would hide.
    """
    _, steps, _ = values.shape
    centred = values - values.mean(axis=(0, 1))
    spectrum = np.fft.rfft(centred, n=2 * steps, axis=1)  # Twice as long, so that the ends do not meet.
    products = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :steps].mean(axis=0)
    covariance = products / np.arange(steps, 0, -1)[:, None]  # Divided by the number of pairs of steps at each lag.
    return (covariance / covariance[0]).mean(axis=1)


def integrated_time(correlation: np.ndarray) -> float:
    """1 + 2 * sum of the autocorrelation (S,) over lags from 1 to the first M that is 5 times the sum up to M.

    M is 5 at least: steps that overshoot correlate below 0 at lag 1, and a sum that ended there would be below 0 too.
    """
    times = 2.0 * np.cumsum(correlation) - 1.0
    enough = np.arange(len(times)) >= WINDOW * np.maximum(times, 1.0)
    return float(times[np.argmax(enough)] if enough.any() else times[-1])


def told_time(time: float | None, steps: int) -> float | None:
    """An autocorrelation time, or None where a chain of so many steps is too short to estimate it from.

    emcee warns below 50 times as many (Foreman-Mackey et al. 2013, arXiv 1202.3665; the estimate is that of Goodman &
    Weare 2010, Communications in Applied Mathematics and Computational Science 5, 65).
    """
    return None if time is None or steps < LEAST_TIMES * time else time


@dataclass(frozen=True)
class Regions:
    """Parts of the latent space, each what is nearer to its centre than to any other.

    Attributes:
        centres: (K, D) float32.
    """

    centres: Tensor

    def predict(self, latents: FeatureRows) -> Tensor:
        """Number of the region of each latent (N, D), (N,) int64."""
        rows = check_rows(latents, "latents", least=1)
        if rows.shape[1] != self.centres.shape[1]:
            raise QualityError(
                f"latents of {rows.shape[1]} numbers in regions of {self.centres.shape[1]}: of one model?"
            )
        return torch.cdist(rows, self.centres.double()).argmin(dim=1)


def regions(encodings: FeatureRows, count: int = REGIONS, seed: int = 0) -> Regions:
    """Cut the learned latent distribution into regions by k-means.

    Args:
        encodings: (N, D) of real images.
        count: number of regions.
        seed: fixes where k-means starts.

    Raises:
        QualityError: fewer encodings than regions, or values that are not finite.
    """
    from sklearn.cluster import KMeans

    rows = check_rows(encodings, "encodings", least=max(count, 1))
    if count < 1:
        raise QualityError(f"count is {count}; take 1 region at least")
    fitted = KMeans(count, n_init=4, random_state=seed).fit(rows.numpy())
    return Regions(torch.from_numpy(fitted.cluster_centers_).float())


def hopping_share(labels: Tensor | np.ndarray) -> float:
    """Share of chains that end in another region than they started in.

    Args:
        labels: (S + 1, N), region of each of N chains at each step, such as `Regions.predict` gives a step.

    Raises:
        QualityError: not two-dimensional, fewer than 2 steps, or no chain.
    """
    numbers = torch.as_tensor(labels, device="cpu")
    if numbers.dim() != 2 or len(numbers) < 2 or not numbers.shape[1]:
        raise QualityError(f"labels have shape {tuple(numbers.shape)}; take (steps + 1, chains), 1 step at least")
    return (numbers[0] != numbers[-1]).double().mean().item()
