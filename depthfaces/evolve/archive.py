"""The archive: the best latents of all generations, as spread out as plain draws are."""

import numpy as np
from scipy.spatial.distance import cdist

from depthfaces.evolve.search import Array

RELAX = 0.8  # factor on the distance asked for, each time that too few faces keep it
GIVE_UP = 1e-3  # of the first distance: what is nearer is the same face


def kept(fitness: Array, places: Array, anchors: Array, count: int) -> Array:
    """Return up to `count` rows of `places` (n, k): the best in the cell of each of the `anchors`.

    A place lies in the cell of the anchor (m, k) it is nearest to. So faces are kept wherever the
    generator makes some, and not only where they are easy to tell; bench/README.md has what that
    is worth. For cells that stayed empty, faces unlike those kept follow. Best first in both parts;
    rows without a finite fitness are left out.
    """
    order = np.argsort(-fitness, kind="stable")
    order = order[np.isfinite(fitness[order])]
    if not (len(order) and len(anchors)):
        return order[:0]
    cells = cdist(places[order], anchors).argmin(axis=1)
    best = np.sort(np.unique(cells, return_index=True)[1])[:count]  # each cell's first in order
    return np.asarray(order[_filled(best.tolist(), places[order], count, spacing(anchors))])


def _filled(chosen: list[int], places: Array, count: int, apart: float) -> list[int]:
    """Return the rows `chosen` and more, up to `count`, that are `apart` from each other.

    Where too few are so far apart, nearer ones follow, as far apart as there are.
    """
    gap = cdist(places, places[chosen]).min(axis=1)  # distance to the nearest chosen one
    least = apart
    while len(chosen) < min(count, len(places)) and least > GIVE_UP * apart:
        for row in range(len(places)):
            if gap[row] >= least and len(chosen) < count:
                chosen.append(row)
                gap = np.minimum(gap, np.linalg.norm(places - places[row], axis=1))
        least *= RELAX
    return chosen


def spacing(places: Array) -> float:
    """Return the median distance from a row of `places` (n, k) to its nearest other; 0 of one."""
    if len(places) < 2:  # none to be near to
        return 0.0
    gaps = cdist(places, places)
    np.fill_diagonal(gaps, np.inf)
    return float(np.median(gaps.min(axis=1)))
