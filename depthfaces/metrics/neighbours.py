"""The synthetic faces nearest to a train face, to be looked at for copies."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.features.store import FeatureSet
from depthfaces.metrics.embedding import Embedding

Array = npt.NDArray[Any]
PAIR_COUNT = 8


def nearest_pairs(
    feature_sets: dict[str, FeatureSet], embedding: Embedding
) -> list[dict[str, Any]]:
    """Return the most suspicious pairs as {id (synthetic), train (its id), distance, usual}.

    `usual` is the distance of that train face to its nearest fellow. Sorted by distance over
    usual; no train face comes twice.
    """
    train_features, fake_features = feature_sets["real"].part("train"), feature_sets["synthetic"]
    train_points = embedding(train_features.x)
    train_gaps = cdist(train_points, train_points)
    np.fill_diagonal(train_gaps, np.inf)
    fake_gaps = cdist(embedding(fake_features.x), train_points)
    nearest_train, nearest_gaps = fake_gaps.argmin(axis=1), fake_gaps.min(axis=1)
    usual_gaps = train_gaps.min(axis=1)[nearest_train]
    order = np.argsort(nearest_gaps / np.maximum(usual_gaps, 1e-12), kind="stable")
    seen_rows: set[int] = set()
    pairs: list[dict[str, Any]] = []
    for fake_row in order:
        if len(pairs) < PAIR_COUNT and int(nearest_train[fake_row]) not in seen_rows:
            seen_rows.add(int(nearest_train[fake_row]))
            pairs.append(
                {
                    "id": str(fake_features.id[fake_row]),
                    "train": str(train_features.id[nearest_train[fake_row]]),
                    "distance": float(nearest_gaps[fake_row]),
                    "usual": float(usual_gaps[fake_row]),
                }
            )
    return pairs
