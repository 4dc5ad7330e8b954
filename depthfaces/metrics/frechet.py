"""Fréchet distance between two Gaussians fitted to two clouds."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, eigvalsh, svdvals
from scipy.linalg.lapack import dsygst

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def frechet_distance(*, real: Array, fake: Array) -> float:
    """Return the Fréchet distance; each cloud needs at least 2 d points for its covariance."""
    fewest_points, d = min(len(real), len(fake)), real.shape[1]
    if fewest_points < 2 * d:
        raise UndefinedError(f"needs {2 * d} faces in {d} dimensions, found {fewest_points}")
    return frechet_of_clouds(real=real, fake=fake)


def frechet_of_clouds(*, real: Array, fake: Array, cross: float = 2.0) -> float:
    """Return |a - b|^2 + Tr A + Tr B - `cross` Tr (A B)^1/2 of two clouds, however few points.

    With fewer points than dimensions A = X'X has the small factor X, and the last trace is the
    sum of the singular values of X Y', (n, m): no covariance is made.
    """
    if max(len(real), len(fake)) >= real.shape[1]:
        return frechet_of_moments(
            *mean_and_covariance(real), *mean_and_covariance(fake), cross=cross
        )
    mean_a, mean_b = real.mean(axis=0, dtype=float), fake.mean(axis=0, dtype=float)
    x, y = (real - mean_a) / np.sqrt(len(real) - 1), (fake - mean_b) / np.sqrt(len(fake) - 1)
    cross_trace = svdvals(x @ y.T, overwrite_a=True, check_finite=False).sum()
    return float(np.sum((mean_a - mean_b) ** 2) + (x**2).sum() + (y**2).sum() - cross * cross_trace)


def mean_and_covariance(points: Array) -> tuple[Array, Array]:
    """Return mean (d,) and covariance (d, d) with n - 1 of `points` (n, d)."""
    return points.mean(axis=0, dtype=float), np.atleast_2d(
        np.cov(points, rowvar=False, dtype=float)
    )


def frechet_of_moments(
    mean_a: Array, cov_a: Array, mean_b: Array, cov_b: Array, *, cross: float = 2.0
) -> float:
    """Return |a - b|^2 + Tr(A + B) - `cross` Tr (A^1/2 B A^1/2)^1/2; the distance has cross = 2.

    The last trace is the sum of the roots of the eigenvalues of a symmetric matrix: no matrix
    root, nothing complex.
    """
    cross_trace = np.sqrt(np.maximum(product_eigenvalues(cov_a, cov_b), 0)).sum()
    trace_term = np.trace(cov_a) + np.trace(cov_b) - cross * cross_trace
    return float(np.sum((mean_a - mean_b) ** 2) + trace_term)


def product_eigenvalues(cov_a: Array, cov_b: Array) -> Array:
    """Return the eigenvalues of A B, (d,), by those of L' B L with A = L L'.

    Any factor of A serves, and Cholesky's is the cheapest; a singular A has none and gets the
    symmetric root.
    """
    try:
        cholesky_factor = cholesky(cov_a, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        eigenvalues, eigenvectors = np.linalg.eigh(cov_a)
        matrix_root = eigenvectors * np.sqrt(np.maximum(eigenvalues, 0)) @ eigenvectors.T
        similar_matrix = matrix_root @ cov_b @ matrix_root
    else:
        similar_matrix, _ = dsygst(cov_b, cholesky_factor, itype=2, lower=1)
    return np.asarray(eigvalsh(similar_matrix, lower=True, check_finite=False))
