"""The archive: the best latents of all generations whose faces differ from each other."""

import numpy as np
from scipy.spatial.distance import cdist

from depthfaces.evolve.search import Array

RELAX = 0.8  # factor on the distance asked for, each time that too few faces keep it
GIVE_UP = 1e-3  # of the first distance: what is nearer is the same face


def distinct(fitness: Array, places: Array, count: int, apart: float) -> Array:
    """Return up to `count` rows, best first, whose `places` (n, k) are `apart` from each other.

    Where too few are so far apart, nearer ones follow, as far apart as there are. Rows without a
    finite fitness are left out.
    """
    order = np.argsort(-fitness, kind="stable")
    order = order[np.isfinite(fitness[order])]
    sorted_places = places[order]
    gap = np.full(len(order), np.inf)  # distance to the nearest chosen one
    chosen: list[int] = []
    least = apart
    while len(chosen) < min(count, len(order)) and least > GIVE_UP * apart:
        for row in range(len(order)):
            if gap[row] >= least and len(chosen) < count:
                chosen.append(row)
                step = sorted_places - sorted_places[row]
                gap = np.minimum(gap, np.sqrt(np.square(step).sum(axis=1)))
        least *= RELAX
    return order[np.array(chosen, np.int64)]


def spacing(places: Array, quantile: float) -> float:
    """Return a quantile of the distances from each row of `places` (n, k) to its nearest other."""
    gaps = cdist(places, places)
    np.fill_diagonal(gaps, np.inf)
    return float(np.quantile(gaps.min(axis=1), quantile))
