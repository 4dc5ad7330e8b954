"""The birthday test of mode collapse: the number of faces until two are the same."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]
NEAR_SHARE = 0.05  # of real faces that have another person's face nearer than the limit


def sameness_limit(points: Array, group: Array) -> float:
    """Return the distance below which two faces count as the same.

    Only one real face in twenty has another person's face so near. Arora and Zhang (2017) judged
    the nearest pairs by eye; our limit is a number, and the pairs are shown as well.
    """
    distances = cdist(points, points)
    distances[group[:, None] == group] = np.inf
    nearest_distance = distances.min(axis=1)
    finite_distances = nearest_distance[np.isfinite(nearest_distance)]
    if not len(finite_distances):
        raise UndefinedError("needs faces of two people")
    return float(np.quantile(finite_distances, NEAR_SHARE))


def first_twins(points: Array, limit: float, draws: int, rng: np.random.Generator) -> Array:
    """Return the number of faces until two are the same, for each of `draws` random orders.

    `points` (n, d); infinite where no two of them are the same.
    """
    is_same = cdist(points, points) < limit
    np.fill_diagonal(is_same, False)
    face_counts = np.full(draws, np.inf)
    for draw in range(draws):
        order = rng.permutation(len(points))
        has_twin = np.tril(is_same[np.ix_(order, order)]).any(axis=1)
        if has_twin.any():
            face_counts[draw] = has_twin.argmax() + 1
    return face_counts


class Support(NamedTuple):
    """The number of faces with a twin half of the time, and the support size that it implies."""

    faces_until_twin: float
    distinct_faces: float


def estimate_support(face_counts: Array, count: int) -> Support:
    """Estimate the support from `face_counts`, the result of `first_twins` of `count` faces.

    Among N equally likely faces two are the same with probability 1/2 after about sqrt(2 ln 2 N);
    if some are likelier, two meet sooner, so N is the support of an equivalent uniform one.
    """
    faces_until_twin = float(np.median(face_counts))
    if not np.isfinite(faces_until_twin):
        least_support = count**2 / (2 * np.log(2))
        raise UndefinedError(
            f"no two alike among {count} in most draws: more than {least_support:.0f}"
        )
    return Support(faces_until_twin, faces_until_twin**2 / (2 * np.log(2)))


def share_with_twins(face_counts: Array, sizes: Array) -> Array:
    """Return the share of draws of each size in `sizes` (s,) that contain a face twice, (s,)."""
    return np.asarray((face_counts[None] <= sizes[:, None]).mean(axis=1))


def nearest_pairs(points: Array, count: int) -> Array:
    """Return indices (count, 2) of the nearest pairs, nearest first; no face is used twice."""
    distances = cdist(points, points)
    distances[np.tril_indices(len(points))] = np.inf
    sorted_pairs = np.dstack(
        np.unravel_index(np.argsort(distances, axis=None, kind="stable"), distances.shape)
    )[0]
    pairs: list[Array] = []
    used_faces: set[int] = set()
    for pair in sorted_pairs[: len(points) * (len(points) - 1) // 2]:
        if len(pairs) < count and not used_faces & set(pair.tolist()):
            pairs.append(pair)
            used_faces |= set(pair.tolist())
    return np.array(pairs).reshape(-1, 2)
