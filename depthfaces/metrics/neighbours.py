"""The synthetic faces that come nearest to a train face: is it copying? To be looked at."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.features.store import FeatureSet
from depthfaces.metrics.embedding import Embedding

Array = npt.NDArray[Any]
COUNT = 8


def nearest(sets: dict[str, FeatureSet], embedding: Embedding) -> list[dict[str, Any]]:
    """Return the most suspicious pairs: synthetic `id`, `train` id, `distance`, `usual`.

    `usual` is how far that train face's own nearest fellow is. Sorted by distance over usual; no
    train face comes twice.
    """
    train, fake = sets["real"].part("train"), sets["synthetic"]
    points = embedding(train.x)
    own = cdist(points, points)
    np.fill_diagonal(own, np.inf)
    apart = cdist(embedding(fake.x), points)
    match, distance = apart.argmin(axis=1), apart.min(axis=1)
    usual = own.min(axis=1)[match]
    order = np.argsort(distance / np.maximum(usual, 1e-12), kind="stable")
    seen: set[int] = set()
    pairs: list[dict[str, Any]] = []
    for row in order:
        if len(pairs) < COUNT and int(match[row]) not in seen:
            seen.add(int(match[row]))
            pairs.append(
                {
                    "id": str(fake.id[row]),
                    "train": str(train.id[match[row]]),
                    "distance": float(distance[row]),
                    "usual": float(usual[row]),
                }
            )
    return pairs
