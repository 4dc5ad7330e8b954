"""How different the faces of a set are from each other."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import entr

from depthfaces.metrics.similarity import ms_ssim
from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def diversity(*, points: Array, label: Array) -> float:
    """Return the mean distance of two faces of a class, mean over classes; 0 = one face each."""
    means = [_mean_distance(points[label == name]) for name in sorted(set(label))]
    return float(np.mean(means))


def vendi(*, points: Array) -> float:
    """Return how many different faces the set amounts to, 1 to n, by cosine similarity.

    Friedman and Dieng (2023): exp of the entropy of the eigenvalues of K / n. Noise counts as
    variety.
    """
    if len(points) < 2:
        raise UndefinedError(f"needs 2 faces, found {len(points)}")
    length = np.linalg.norm(points, axis=1, keepdims=True)
    if not length.all():
        raise UndefinedError("a face lies at the centre of the space: it has no direction")
    unit = points / length
    # X X' and X' X share their eigenvalues but for zeros: the smaller one is taken.
    small = unit.T @ unit if unit.shape[1] < len(unit) else unit @ unit.T
    return vendi_of(np.linalg.eigvalsh(small) / len(unit))


def vendi_of(values: Array) -> float:
    """Return exp of the entropy of eigenvalues that sum to 1."""
    return float(np.exp(entr(np.maximum(values, 0)).sum()))


def sameness(*, images: Array, label: Array, pairs: int, rng: np.random.Generator) -> float:
    """Return the mean MS-SSIM of two faces of a class, mean over classes; 1 = one face each.

    `pairs` pairs of each class are drawn from `images` (n, S, S) in [-1, 1].
    """
    means = []
    for name in sorted(set(label)):
        rows = np.flatnonzero(label == name)
        if len(rows) < 2:
            raise UndefinedError("needs 2 faces of each class")
        first = rng.integers(len(rows), size=pairs)
        second = (first + rng.integers(1, len(rows), size=pairs)) % len(rows)
        means.append(ms_ssim(images[rows[first]], images[rows[second]]).mean())
    return float(np.mean(means))


def _mean_distance(points: Array) -> float:
    if len(points) < 2:
        raise UndefinedError("needs 2 faces of each class")
    squares = (points**2).sum(axis=1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0))
    np.fill_diagonal(apart, 0)
    return float(apart.sum() / (len(points) * (len(points) - 1)))
