"""Fréchet distance between two Gaussians fitted to two clouds."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, eigvalsh, svdvals
from scipy.linalg.lapack import dsygst

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def fd(*, real: Array, fake: Array) -> float:
    """Return the Fréchet distance; each cloud needs at least 2 d points for its covariance."""
    least, d = min(len(real), len(fake)), real.shape[1]
    if least < 2 * d:
        raise UndefinedError(f"needs {2 * d} faces in {d} dimensions, found {least}")
    return between(real=real, fake=fake)


def between(*, real: Array, fake: Array, cross: float = 2.0) -> float:
    """Return |a - b|^2 + Tr A + Tr B - `cross` Tr (A B)^1/2 of two clouds, however few points.

    With fewer points than dimensions A = X'X has the small factor X, and the last trace is the
    sum of the singular values of X Y', (n, m): no covariance is made.
    """
    if max(len(real), len(fake)) >= real.shape[1]:
        return frechet(*moments(real), *moments(fake), cross=cross)
    mean_a, mean_b = real.mean(axis=0, dtype=float), fake.mean(axis=0, dtype=float)
    x, y = (real - mean_a) / np.sqrt(len(real) - 1), (fake - mean_b) / np.sqrt(len(fake) - 1)
    shared = svdvals(x @ y.T, overwrite_a=True, check_finite=False).sum()
    return float(np.sum((mean_a - mean_b) ** 2) + (x**2).sum() + (y**2).sum() - cross * shared)


def moments(points: Array) -> tuple[Array, Array]:
    """Return mean (d,) and covariance (d, d) with n - 1 of `points` (n, d)."""
    return points.mean(axis=0, dtype=float), np.atleast_2d(
        np.cov(points, rowvar=False, dtype=float)
    )


def frechet(
    mean_a: Array, cov_a: Array, mean_b: Array, cov_b: Array, *, cross: float = 2.0
) -> float:
    """Return |a - b|^2 + Tr(A + B) - `cross` Tr (A^1/2 B A^1/2)^1/2; the distance has cross = 2.

    The last trace is the sum of the roots of the eigenvalues of a symmetric matrix: no matrix
    root, nothing complex.
    """
    inner = np.sqrt(np.maximum(shared_values(cov_a, cov_b), 0)).sum()
    trace = np.trace(cov_a) + np.trace(cov_b) - cross * inner
    return float(np.sum((mean_a - mean_b) ** 2) + trace)


def shared_values(cov_a: Array, cov_b: Array) -> Array:
    """Return the eigenvalues of A B, (d,), by those of L' B L with A = L L'.

    Any factor of A serves, and Cholesky's is the cheapest; a singular A has none and gets the
    symmetric root.
    """
    try:
        low = cholesky(cov_a, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(cov_a)
        root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
        inner = root @ cov_b @ root
    else:
        inner, _ = dsygst(cov_b, low, itype=2, lower=1)
    return np.asarray(eigvalsh(inner, lower=True, check_finite=False))
