"""A map on which latents that are near each other in all dimensions stay near each other."""

from __future__ import annotations

import numpy as np

from latentdemo.evaluation.metrics.rows import FeatureRows, check_rows

LEAST = 100  # Fewer latents have hardly more neighbours than t-SNE looks at.
ROUNDS = 500  # Twice as many lower its loss by 2 % only.


def neighbour_map(latents: FeatureRows) -> np.ndarray:
    """Places (N, 2) at which latents (N, D) that are near each other are so, too: t-SNE (van der Maaten & Hinton 2008).

    Distances between groups mean nothing there, and no other point has a place. The same latents give the same places.

    Raises:
        QualityError: fewer than 100 latents, or values that are not finite.
    """
    from sklearn.manifold import TSNE

    rows = check_rows(latents, "latents", LEAST).numpy()
    return TSNE(init="pca", max_iter=ROUNDS, random_state=0).fit_transform(rows)
