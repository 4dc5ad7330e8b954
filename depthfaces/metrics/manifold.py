"""How two clouds overlap, by balls around each point that reach its k-th nearest neighbour.

Precision and recall: Kynkäänniemi et al. (2019); density and coverage: Naeem et al. (2020).
A point on a ball's edge is outside (strict <).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def precision(*, real: Array, fake: Array, neighbours: int) -> float:
    """Return the share of fake points in at least one real ball."""
    return float(_inside_balls(real, fake, neighbours).any(axis=0).mean())


def recall(*, real: Array, fake: Array, neighbours: int) -> float:
    """Return the share of real points in at least one fake ball."""
    return float(_inside_balls(fake, real, neighbours).any(axis=0).mean())


def density(*, real: Array, fake: Array, neighbours: int) -> float:
    """Return the mean number of real balls around a fake point, over k; about 1 for equals."""
    return float(_inside_balls(real, fake, neighbours).sum(axis=0).mean() / neighbours)


def coverage(*, real: Array, fake: Array, neighbours: int) -> float:
    """Return the share of real balls with a fake point in them."""
    return float(_inside_balls(real, fake, neighbours).any(axis=1).mean())


def _inside_balls(centres: Array, points: Array, neighbours: int) -> Array:
    """Return a mask (n, m): whether point j lies in the ball around centre i."""
    if len(centres) <= neighbours:
        raise UndefinedError(f"needs more than {neighbours} faces, found {len(centres)}")
    centre_distances = cdist(centres, centres)
    np.fill_diagonal(centre_distances, np.inf)
    ball_radii = np.partition(centre_distances, neighbours - 1, axis=1)[:, neighbours - 1]
    return np.asarray(cdist(centres, points) < ball_radii[:, None])
