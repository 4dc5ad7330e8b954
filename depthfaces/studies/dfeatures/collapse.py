"""The birthday test of mode collapse: how many faces until two are the same."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]
NEAR = 0.05  # share of real faces that have a face of another person nearer than "the same"


def sameness_limit(points: Array, group: Array) -> float:
    """Return the distance below which two faces count as the same one.

    Only one real face in twenty has another person's face so near. Arora and Zhang (2017) looked
    at the nearest pairs by eye; our limit is a number, and the pairs are shown as well.
    """
    apart = cdist(points, points)
    apart[group[:, None] == group] = np.inf
    nearest = apart.min(axis=1)
    known = nearest[np.isfinite(nearest)]
    if not len(known):
        raise UndefinedError("needs faces of two people")
    return float(np.quantile(known, NEAR))


def first_twins(points: Array, limit: float, draws: int, rng: np.random.Generator) -> Array:
    """Return, for each of `draws` orders of the faces, how many it takes until two are the same.

    Infinite where all (n, d) are different.
    """
    same = cdist(points, points) < limit
    np.fill_diagonal(same, False)
    found = np.full(draws, np.inf)
    for draw in range(draws):
        order = rng.permutation(len(points))
        met = np.tril(same[np.ix_(order, order)]).any(axis=1)
        if met.any():
            found[draw] = met.argmax() + 1
    return found


class Support(NamedTuple):
    """Faces until a twin comes up half of the time, and how many different faces that means."""

    half: float
    faces: float


def support(firsts: Array, count: int) -> Support:
    """Return what the birthday test says of the orders' first twins; `count` faces were made.

    With N equally likely faces a twin has come up with chance 1/2 after about sqrt(2 ln 2 N);
    unequal ones meet sooner, so N is what equal ones would need.
    """
    half = float(np.median(firsts))
    if not np.isfinite(half):
        least = count**2 / (2 * np.log(2))
        raise UndefinedError(f"no two alike among {count} in most draws: more than {least:.0f}")
    return Support(half, half**2 / (2 * np.log(2)))


def share_with_twins(firsts: Array, sizes: Array) -> Array:
    """Return the share of draws of each size that hold two of the same face, (s,)."""
    return np.asarray((firsts[None] <= sizes[:, None]).mean(axis=1))


def nearest_pairs(points: Array, count: int) -> Array:
    """Return rows (count, 2) of the nearest pairs, the nearest first; no face comes twice."""
    apart = cdist(points, points)
    apart[np.tril_indices(len(points))] = np.inf
    order = np.dstack(np.unravel_index(np.argsort(apart, axis=None, kind="stable"), apart.shape))[0]
    pairs: list[Array] = []
    seen: set[int] = set()
    for pair in order[: len(points) * (len(points) - 1) // 2]:
        if len(pairs) < count and not seen & set(pair.tolist()):
            pairs.append(pair)
            seen |= set(pair.tolist())
    return np.array(pairs).reshape(-1, 2)
