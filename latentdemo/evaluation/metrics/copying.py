"""Whether samples copy the training set: a test of how near to it they lie, and the closest pairs to look at.

A share of memorised samples (`latentdemo.evaluation.metrics.pictures.memorised_share`) looks at the nearest per cent
alone; this looks at all distances, place by place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from latentdemo.evaluation.metrics.pictures import nearest_distance, nearest_training
from latentdemo.evaluation.metrics.rows import FeatureRows, QualityError, check_rows

CELLS = 10  # Parts of the feature space. With 500 samples, a part holds 50 of them on average.
LEAST_IN_CELL = 20  # A cell with fewer is left out: tau = 20 / M of Meehan et al. 2020.


class DataCopying(NamedTuple):
    """What `data_copying` finds.

    Attributes:
        c_t: mean z-score over cells; far below 0 means copies, far above 0 far from the training set.
        cells: number of cells that count in it.
    """

    c_t: float
    cells: int


def data_copying(
    training: FeatureRows, held_out: FeatureRows, samples: FeatureRows, seed: int = 0, cells: int = CELLS
) -> DataCopying:
    """The data-copying test of one set of samples; for several against one training set take `CopyingTest`."""
    return CopyingTest(training, held_out, seed, cells).of(samples)


class CopyingTest:
    """The data-copying test C_T (Meehan, Chaudhuri & Dasgupta 2020, arXiv 2004.05675).

        C_T = sum over cells of w * z / sum over cells of w

    A cell is what is nearest to one of the centres that k-means finds in the training features. Its z is the z-score of
    the Mann-Whitney U of the distances from the samples in it to their nearest training images, against those from the
    held-out images in it (`mann_whitney_z`). Its w is its share of the held-out images. Cells with fewer than 20
    samples are left out, as there, and those with fewer than 20 held-out images too, where U is not yet normal.

    Samples of the law of the data have C_T of mean 0 and of standard deviation sqrt(sum w^2) / sum w, about
    1 / sqrt(cells): less than a single z-score has. Beyond 3 either way is not chance, and further out with more
    images: compare figures of equal counts only. C_T of several sets of samples that share held-out images stray from 0
    together. A few copies among samples that lie far out are not seen. Samples of low diversity that crowd amid the
    data lie nearer to the training set too: look at the pairs of `closest_pairs` before calling it copying.

    Two things differ from the authors' program. The nearest training image may lie in another cell than the sample; and
    U has its variance corrected for ties, but no correction for continuity.

    Args:
        training: (T, F), features of the images that the model was trained on.
        held_out: (N, F), features of images that it was not trained on.
        seed: fixes where k-means starts.
        cells: number of cells.
        held_out_distances: `nearest_distance` of the held-out images, (N,), where it is at hand.

    Raises:
        QualityError: an empty set, fewer training images than cells, values that are not finite, or sets of different
            feature counts.
    """

    def __init__(
        self,
        training: FeatureRows,
        held_out: FeatureRows,
        seed: int = 0,
        cells: int = CELLS,
        held_out_distances: Tensor | None = None,
    ) -> None:
        from sklearn.cluster import KMeans

        if cells < 1:
            raise QualityError(f"cells is {cells}; take 1 at least")
        self.training = check_rows(training, "training features", least=cells)
        self.cells = cells
        self.held_out_distances = self.distances_of(held_out, held_out_distances)
        self.partition = KMeans(cells, n_init=1, random_state=seed).fit(self.training.float().numpy())
        self.held_out_cells = self.cells_of(held_out)

    def of(self, samples: FeatureRows, distances: Tensor | None = None) -> DataCopying:
        """C_T of samples (M, F); `distances` is their `nearest_distance`, (M,), where it is at hand.

        Raises:
            QualityError: no cell with enough samples and held-out images, values that are not finite, or another
                number of features.
        """
        sample_distances, sample_cells = self.distances_of(samples, distances), self.cells_of(samples)
        scores, weights = [], []
        for cell in range(self.cells):
            here, there = sample_distances[sample_cells == cell], self.held_out_distances[self.held_out_cells == cell]
            if min(len(here), len(there)) >= LEAST_IN_CELL:
                scores.append(mann_whitney_z(here, there))
                weights.append(len(there))
        if not scores:
            raise QualityError(
                f"no cell holds {LEAST_IN_CELL} of {len(sample_distances)} samples and of "
                f"{len(self.held_out_distances)} held-out images: take more images, or fewer cells than {self.cells}"
            )
        return DataCopying(float(np.average(scores, weights=weights)), len(scores))

    def distances_of(self, rows: FeatureRows, distances: Tensor | None) -> np.ndarray:
        """Distances to the nearest training image, (N,), as given or taken now."""
        found = nearest_distance(rows, self.training) if distances is None else distances
        if len(found) != len(rows):
            raise QualityError(f"{len(found)} distances of {len(rows)} rows: take one of each")
        return check_rows(found.reshape(-1, 1), "distances", least=1).numpy()[:, 0]

    def cells_of(self, rows: FeatureRows) -> np.ndarray:
        """Number of the cell of each row (N, F), (N,)."""
        checked = check_rows(rows, "features", least=1)
        if checked.shape[1] != self.training.shape[1]:
            raise QualityError(
                f"{checked.shape[1]} against {self.training.shape[1]} training features: take both from one space"
            )
        return self.partition.predict(checked.float().numpy())


def mann_whitney_z(first: np.ndarray, second: np.ndarray) -> float:
    """z-score of the Mann-Whitney U of numbers (M,) against others (N,): below 0 where the first are smaller.

        U = number of pairs in which the first is larger, ties as 1/2;    E U = M N / 2;
        Var U = M N / 12 * (M + N + 1 - sum over groups of t equal numbers of (t^3 - t) / ((M + N) (M + N - 1)))

    It is that of scipy's `mannwhitneyu` without continuity correction, standard normal for equal laws and about 20
    numbers a side or more; 0 where all numbers are equal.
    """
    from scipy.stats import rankdata

    m, n = len(first), len(second)
    numbers = np.concatenate([first, second])
    u = rankdata(numbers)[:m].sum() - m * (m + 1) / 2
    ties = np.unique(numbers, return_counts=True)[1].astype(float)
    tied = (ties**3 - ties).sum() / ((m + n) * (m + n - 1))
    variance = m * n / 12 * (m + n + 1 - tied)
    return float((u - m * n / 2) / np.sqrt(variance)) if len(ties) > 1 else 0.0


class Pairs(NamedTuple):
    """Samples beside their nearest training images, the closest pair first.

    Attributes:
        samples: rows of the samples, (K,) int64.
        training: rows of their nearest training images, (K,) int64; one may stand beside several samples.
        distances: Euclidean distances of the features, (K,) float64.
    """

    samples: Tensor
    training: Tensor
    distances: Tensor


def closest_pairs(samples: FeatureRows, training: FeatureRows, count: int) -> Pairs:
    """The `count` samples (M, F) that are closest to a training image (T, F), or all where they are fewer.

    Raises:
        QualityError: no pair asked for, an empty set, values that are not finite, or sets of different feature counts.
    """
    if count < 1:
        raise QualityError(f"count is {count}; take 1 pair at least")
    nearest = nearest_training(samples, training)
    closest = nearest.distances.sort(stable=True).indices[:count]
    return Pairs(closest, nearest.rows[closest], nearest.distances[closest])
