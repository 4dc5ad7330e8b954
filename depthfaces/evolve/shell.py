"""The prior's shell: where the norms of latents drawn from N(0, I) lie."""

import numpy as np
from scipy.stats import chi

from depthfaces.evolve.search import Array

SHELL = (0.005, 0.995)  # quantiles of the prior's norm between which a latent may lie


def bounds(dimensions: int) -> tuple[float, float]:
    """Return the least and the largest norm in the shell: N(0, I) has a chi-distributed norm."""
    low, high = chi.ppf(SHELL, dimensions)
    return float(low), float(high)


def outside(z: Array) -> Array:
    """Return how far the norms of `z` (n, d) lie outside the shell, (n,); inside it is 0."""
    low, high = bounds(z.shape[1])
    norm = np.linalg.norm(z, axis=1)
    return np.asarray(np.maximum(0, np.maximum(low - norm, norm - high)))


def into_shell(z: Array) -> Array:
    """Return `z` (n, d) float32, those outside the shell moved to its nearest edge."""
    low, high = bounds(z.shape[1])
    norm = np.linalg.norm(z, axis=1, keepdims=True)
    inner = np.clip(norm, low + 1e-3 * (high - low), high - 1e-3 * (high - low))
    return np.asarray(z * (inner / np.maximum(norm, 1e-12)), np.float32)
