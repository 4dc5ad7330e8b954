"""Diversity of a set: how different its faces are from each other."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import entr

from depthfaces.metrics.similarity import ms_ssim
from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def diversity(*, points: Array, label: Array) -> float:
    """Return the mean pairwise distance in a class, averaged over classes; 0 = one face each."""
    class_means = [_mean_distance(points[label == class_name]) for class_name in sorted(set(label))]
    return float(np.mean(class_means))


def vendi_score(*, points: Array) -> float:
    """Return the Vendi score with cosine similarity: the effective number of faces, 1 to n.

    Friedman and Dieng (2023): exp of the entropy of the eigenvalues of K / n. Noise counts as
    variety.
    """
    if len(points) < 2:
        raise UndefinedError(f"needs 2 faces, found {len(points)}")
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    if not norms.all():
        raise UndefinedError("a face lies at the centre of the space: it has no direction")
    unit = points / norms
    # X X' and X' X share their eigenvalues but for zeros: the smaller one is taken.
    gram = unit.T @ unit if unit.shape[1] < len(unit) else unit @ unit.T
    return vendi_from_eigenvalues(np.linalg.eigvalsh(gram) / len(unit))


def vendi_from_eigenvalues(eigenvalues: Array) -> float:
    """Return exp of the entropy of eigenvalues that sum to 1."""
    return float(np.exp(entr(np.maximum(eigenvalues, 0)).sum()))


def sameness(*, images: Array, label: Array, pairs: int, rng: np.random.Generator) -> float:
    """Return the mean MS-SSIM of pairs within a class, averaged over classes; 1 = one face each.

    `pairs` pairs of each class are drawn from `images` (n, S, S) in [-1, 1].
    """
    class_means = []
    for class_name in sorted(set(label)):
        rows = np.flatnonzero(label == class_name)
        if len(rows) < 2:
            raise UndefinedError("needs 2 faces of each class")
        first = rng.integers(len(rows), size=pairs)
        second = (first + rng.integers(1, len(rows), size=pairs)) % len(rows)
        class_means.append(ms_ssim(images[rows[first]], images[rows[second]]).mean())
    return float(np.mean(class_means))


def _mean_distance(points: Array) -> float:
    if len(points) < 2:
        raise UndefinedError("needs 2 faces of each class")
    squared_norms = (points**2).sum(axis=1)
    distances = np.sqrt(
        np.maximum(squared_norms[:, None] + squared_norms - 2 * points @ points.T, 0)
    )
    np.fill_diagonal(distances, 0)
    return float(distances.sum() / (len(points) * (len(points) - 1)))
