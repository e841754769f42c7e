"""How far the learned latent distribution is from the prior, and in what: location, spread, shape, clusters, gaps.

The encodings of real data are what a chain should reach, draws of the prior are what plain sampling decodes. Where the
two cannot be told apart there is nothing to correct; the verdict says so as a code, for which the screens have words.
"""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from latentdemo.evaluation.metrics.rows import FeatureRows, QualityError, check_rows

LEAST = 100  # Fewer points a side leave less than 20 in a fold.
MOST = 5000  # No more points a side are looked at.
MOST_FOR_SILHOUETTE = 2000  # The cost of the silhouette is quadratic.
UNUSED_KL = 0.01  # nats; Burda et al. 2016 (arXiv 1509.00519) count units active above 0.01 of another measure
UNUSED_STD = 0.01  # Below it, the encodings of all images by a deterministic encoder agree.
LEAST_STD = 1e-3  # A direction without spread would have an infinite KL to the prior.
FOLDS = 5
TREES = 60  # The classifier is a forest of so many.
MIXTURE_SIZES = (1, 2, 5, 10, 20)
MIXTURE_ROUNDS = 60  # Rounds of expectation-maximisation: the order by BIC settles long before its values do.
NEIGHBOURS = 10  # Each point is joined to so many in the graph.
CLUSTER_COUNTS = (2, 5, 10)
MATCH_AUC, MILD_AUC = 0.6, 0.75  # Below the first it is a "match", below the second "mild", above a "mismatch".
EQUAL_VARIANCES = 1.05  # Principal variances count as equal up to this ratio.


@dataclass(frozen=True)
class TwoSampleClassifier:
    """How well a classifier tells encodings from prior draws; 0.5 is a coin.

    Attributes:
        auc, accuracy: on held-out folds, their mean.
        auc_error, accuracy_error: standard error over folds; folds share training points, so it is a little too small.
    """

    auc: float
    auc_error: float
    accuracy: float
    accuracy_error: float


@dataclass(frozen=True)
class Fragmentation:
    """The Gaussian mixture that describes the encodings best.

    Attributes:
        components: number of components of the lowest BIC. More than 1 says that one Gaussian does not describe them:
            several clusters, or one of another shape.
        covariance: "diag" or "full", of that mixture.
        bic: "diag" or "full" -> number of components -> BIC per encoding, in nats times 2.
    """

    components: int
    covariance: str
    bic: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Connectivity:
    """Gaps between encodings, as seen in the graph that links points which are among each other's nearest 10.

    Attributes:
        components: connected parts of the graph; in many dimensions even a Gaussian has many, of single points.
        largest_share: share of points in the largest part.
        silhouette: the best of k-means with 2, 5 or 10 clusters; near 1 for clusters far apart, near 0 for none.
    """

    components: int
    largest_share: float
    silhouette: float


@dataclass(frozen=True)
class LatentSpace:
    """What `analyse_latent_space` finds; `dataclasses.asdict` of it can be written as JSON. D values a list.

    Attributes:
        count: encodings, and as many prior draws, that it was taken of.
        mean, std: of the encodings, a dimension.
        kl: of the Gaussian with that mean and spread to the prior, in nats, a dimension.
        skewness, excess_kurtosis: 0 for a Gaussian, a dimension; 0 for one without spread.
        posterior_kl: mean KL of the posterior to the prior, in nats, a dimension; None for a deterministic encoder.
        unused: dimensions that carry nothing of the image.
        gaussian_kl: of the Gaussian with the encodings' mean and full covariance to the prior, in nats. Estimation
            adds about D * (D + 1) / (4 * count).
        classifier: two-sample test against prior draws.
        fragmentation: clusters.
        connectivity: gaps.
        gaussian_connectivity: the same of as many draws from the Gaussian with the encodings' mean and covariance.
        verdict: "match", "mild" or "mismatch".
    """

    count: int
    mean: list[float]
    std: list[float]
    kl: list[float]
    skewness: list[float]
    excess_kurtosis: list[float]
    posterior_kl: list[float] | None
    unused: list[int]
    gaussian_kl: float
    classifier: TwoSampleClassifier
    fragmentation: Fragmentation
    connectivity: Connectivity
    gaussian_connectivity: Connectivity
    verdict: str


class Projection(NamedTuple):
    """A plane to draw latents in: (latents - mean) @ axes.T.

    Attributes:
        mean: (D,) float32.
        axes: (2, D) float32, orthonormal.
        explained: share of the encodings' variance that the plane shows.
    """

    mean: Tensor
    axes: Tensor
    explained: float


def analyse_latent_space(
    encodings: FeatureRows,
    posterior_kl_per_dim: FeatureRows | None,
    prior_draws: FeatureRows,
    seed: int = 0,
) -> LatentSpace:
    """Compare the learned latent distribution with the prior N(0, I).

    Args:
        encodings: (N, D), one posterior draw for each of N real images. Of more than 5,000, so many at random.
        posterior_kl_per_dim: (D,) in nats, mean over images; None for a deterministic encoder.
        prior_draws: (M, D).
        seed: fixes folds, starts and draws.

    Raises:
        QualityError: fewer than 100 points a side, values that are not finite, different numbers of dimensions, or
            encodings that are all the same.
    """
    points, draws = check_rows(encodings, "encodings", LEAST), check_rows(prior_draws, "prior draws", LEAST)
    size = points.shape[1]
    if draws.shape[1] != size:
        raise QualityError(
            f"encodings of {size} and prior draws of {draws.shape[1]} dimensions: take both of one model"
        )
    if (points == points[0]).all():
        raise QualityError("all encodings are the same: the encoder has collapsed, or all images are one; look at both")
    posterior_kl = None if posterior_kl_per_dim is None else check_posterior_kl(posterior_kl_per_dim, size)
    generator = np.random.default_rng(seed)
    count = min(len(points), len(draws), MOST)
    real, prior = random_rows(points.numpy(), count, generator), random_rows(draws.numpy(), count, generator)
    mean, std = real.mean(axis=0), real.std(axis=0)
    skewness, excess_kurtosis = shape_of_marginals(real)
    classifier = tell_apart(real, prior, seed)
    gaussian = generator.multivariate_normal(mean, covariance_of(real), count, method="eigh")
    return LatentSpace(
        count=count,
        mean=mean.tolist(),
        std=std.tolist(),
        kl=(0.5 * (std**2 + mean**2 - 1.0) - np.log(std.clip(LEAST_STD))).tolist(),
        skewness=skewness.tolist(),
        excess_kurtosis=excess_kurtosis.tolist(),
        posterior_kl=None if posterior_kl is None else posterior_kl.tolist(),
        unused=unused_dimensions(std, posterior_kl),
        gaussian_kl=gaussian_kl(real),
        classifier=classifier,
        fragmentation=count_clusters(real, seed),
        connectivity=connect(real, seed),
        gaussian_connectivity=connect(gaussian, seed),
        verdict=verdict(classifier.auc),
    )


def check_posterior_kl(values: FeatureRows, size: int) -> np.ndarray:
    """The KL of each dimension, (D,)."""
    kl = torch.as_tensor(values, device="cpu").detach().double().numpy()
    if kl.shape != (size,) or not np.isfinite(kl).all():
        raise QualityError(f"posterior_kl_per_dim has shape {kl.shape}; take ({size},), finite, one value a dimension")
    return kl


def unused_dimensions(std: ArrayLike, posterior_kl: ArrayLike | None) -> list[int]:
    """Dimensions that carry nothing of the image, by the spread of encodings and the KL of the posterior to the prior,
    (D,) each; the KL is None for a deterministic encoder."""
    unused = np.asarray(std) < UNUSED_STD if posterior_kl is None else np.asarray(posterior_kl) < UNUSED_KL
    return np.flatnonzero(unused).tolist()


def random_rows(rows: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """So many rows, chosen at random without repetition."""
    return rows[np.sort(generator.permutation(len(rows))[:count])]


def covariance_of(rows: np.ndarray) -> np.ndarray:
    """Covariance of rows (N, D), (D, D) also for one dimension."""
    return np.atleast_2d(np.cov(rows.T))


def shape_of_marginals(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Skewness and excess kurtosis of each dimension of (N, D), (D,) each."""
    centred, std = rows - rows.mean(axis=0), rows.std(axis=0)
    scaled = np.divide(centred, std, out=np.zeros_like(centred), where=std > LEAST_STD)
    kurtosis = (scaled**4).mean(axis=0)
    return (scaled**3).mean(axis=0), np.where(std > LEAST_STD, kurtosis - 3.0, 0.0)


def gaussian_kl(rows: np.ndarray) -> float:
    """KL to N(0, I) of the Gaussian with mean m and covariance S of rows (N, D), (tr S + |m|^2 - D - ln |S|) / 2."""
    variances = np.linalg.eigvalsh(covariance_of(rows))
    log_determinant = np.log(variances.clip(LEAST_STD**2)).sum()
    return float(0.5 * (variances.sum() + (rows.mean(axis=0) ** 2).sum() - rows.shape[1] - log_determinant))


def tell_apart(real: np.ndarray, prior: np.ndarray, seed: int) -> TwoSampleClassifier:
    """Classifier two-sample test (Lopez-Paz & Oquab 2017, arXiv 1610.06545) by boosted trees, cross-validated."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    points = np.concatenate([real, prior])
    is_real = np.repeat([1, 0], [len(real), len(prior)])
    aucs, accuracies = [], []
    for fitted, held_out in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(points, is_real):
        model = HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False, random_state=seed)
        scores = model.fit(points[fitted], is_real[fitted]).predict_proba(points[held_out])[:, 1]
        aucs.append(float(roc_auc_score(is_real[held_out], scores)))
        accuracies.append(float(((scores > 0.5) == is_real[held_out]).mean()))
    return TwoSampleClassifier(
        statistics.fmean(aucs), standard_error(aucs), statistics.fmean(accuracies), standard_error(accuracies)
    )


def standard_error(values: list[float]) -> float:
    """Of the mean of values."""
    return statistics.stdev(values) / math.sqrt(len(values))


def verdict(auc: float) -> str:
    """The code for how well a classifier tells encodings from prior draws."""
    return "match" if auc < MATCH_AUC else "mild" if auc < MILD_AUC else "mismatch"


def count_clusters(rows: np.ndarray, seed: int) -> Fragmentation:
    """Gaussian mixtures of several sizes on rows (N, D), compared by BIC.

    Sizes that leave a component too few points for its own covariance are passed over.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    bic: dict[str, dict[str, float]] = {"diag": {}, "full": {}}
    for covariance, size in mixtures_to_fit(*rows.shape):
        mixture = GaussianMixture(
            size, covariance_type=covariance, max_iter=MIXTURE_ROUNDS, random_state=seed, reg_covar=LEAST_STD**2
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # MIXTURE_ROUNDS says why.
            bic[covariance][str(size)] = float(mixture.fit(rows).bic(rows)) / len(rows)
    best = min(((value, covariance, size) for covariance in bic for size, value in bic[covariance].items()))
    return Fragmentation(int(best[2]), best[1], bic)


def mixtures_to_fit(count: int, size: int) -> Iterator[tuple[str, int]]:
    """Kind of covariance and number of components of each mixture that so many points of a size can bear."""
    for covariance, least in (("diag", 2), ("full", size + 1)):
        for components in MIXTURE_SIZES:
            if components == 1 or components * least <= count:
                yield covariance, components


def connect(rows: np.ndarray, seed: int) -> Connectivity:
    """Connectivity of rows (N, D)."""
    from scipy.sparse.csgraph import connected_components
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.neighbors import kneighbors_graph

    nearest = kneighbors_graph(rows, NEIGHBOURS)
    parts, part = connected_components(nearest.multiply(nearest.T), directed=False)
    few = rows[:MOST_FOR_SILHOUETTE]
    silhouettes = [
        silhouette_score(few, KMeans(count, n_init=2, random_state=seed).fit_predict(few)) for count in CLUSTER_COUNTS
    ]
    return Connectivity(int(parts), float(np.bincount(part).max() / len(rows)), float(max(silhouettes)))


def projection(encodings: FeatureRows) -> Projection:
    """The plane in which the encodings are drawn: their first two principal axes.

    Where no direction has more variance than another, principal axes are arbitrary; then it is the two dimensions
    whose marginals are the least Gaussian, by Jarque and Bera's skewness^2 / 6 + excess kurtosis^2 / 24. Variances
    count as equal when the largest is within 5 % of the smallest, beyond what N points of equal variances show by
    chance (Marchenko & Pastur 1967).

    Args:
        encodings: (N, D), D at least 2.

    Raises:
        QualityError: fewer than 100 encodings, fewer than 2 dimensions, or values that are not finite.
    """
    rows = check_rows(encodings, "encodings", LEAST).numpy()
    count, size = rows.shape
    if size < 2:
        raise QualityError(f"a plane needs encodings of 2 dimensions at least; these have {size}")
    variances, vectors = np.linalg.eigh(covariance_of(rows))
    if variances[-1] <= EQUAL_VARIANCES * variances_by_chance(count, size) * variances[0]:
        skewness, kurtosis = shape_of_marginals(rows)
        chosen = np.argsort(-(skewness**2 / 6.0 + kurtosis**2 / 24.0), kind="stable")[:2]
        axes, shown = np.eye(size)[chosen], rows.var(axis=0, ddof=1)[chosen]
    else:
        axes, shown = upright(vectors[:, :-3:-1].T), variances[:-3:-1]
    return Projection(
        torch.from_numpy(rows.mean(axis=0)).float(),
        torch.from_numpy(axes).float(),
        float(shown.sum() / variances.sum()) if variances.sum() > 0 else 1.0,
    )


def variances_by_chance(count: int, size: int) -> float:
    """Largest over smallest principal variance that N points of D equal variances show by chance."""
    root = math.sqrt(size / count)
    return ((1.0 + root) / (1.0 - root)) ** 2 if root < 1.0 else math.inf


def upright(axes: np.ndarray) -> np.ndarray:
    """Axes (2, D) with the largest number of each made positive: its sign is arbitrary, and the picture should stay."""
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return axes * np.sign(largest)[:, None]
