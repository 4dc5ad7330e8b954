"""Fréchet distance between two Gaussians fitted to two clouds."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def fd(*, real: Array, fake: Array) -> float:
    """Return the Fréchet distance; each cloud needs at least 2 d points for its covariance."""
    least, d = min(len(real), len(fake)), real.shape[1]
    if least < 2 * d:
        raise UndefinedError(f"needs {2 * d} faces in {d} dimensions, found {least}")
    return frechet(*moments(real), *moments(fake))


def moments(points: Array) -> tuple[Array, Array]:
    """Return mean (d,) and covariance (d, d) with n - 1 of `points` (n, d)."""
    return points.mean(axis=0, dtype=float), np.atleast_2d(
        np.cov(points, rowvar=False, dtype=float)
    )


def frechet(mean_a: Array, cov_a: Array, mean_b: Array, cov_b: Array) -> float:
    """Return |a - b|^2 + Tr(A + B - 2 (A^1/2 B A^1/2)^1/2).

    The last trace is the sum of the roots of the eigenvalues of a symmetric matrix: no matrix
    root, nothing complex.
    """
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    inner = np.linalg.eigvalsh(root @ cov_b @ root)
    trace = np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(np.maximum(inner, 0)).sum()
    return float(np.sum((mean_a - mean_b) ** 2) + trace)
