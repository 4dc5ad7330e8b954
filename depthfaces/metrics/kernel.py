"""Kernel distance between two clouds."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def kid(*, real: Array, fake: Array, biased: bool = False) -> float:
    """Return the squared MMD with the kernel (x·y / d + 1)^3, unbiased: negative is legal.

    Bińkowski et al. (2018), over all points at once.
    """
    n, m = len(real), len(fake)
    if min(n, m) < 2:
        raise UndefinedError(f"needs 2 faces on each side, found {n} and {m}")
    if biased:
        both = _kernel(real, real).mean() + _kernel(fake, fake).mean()
        return float(both - 2 * _kernel(real, fake).mean())
    within = _pair_sum(_kernel(real, real)) / (n * (n - 1)) + _pair_sum(_kernel(fake, fake)) / (
        m * (m - 1)
    )
    return float(within - 2 * _kernel(real, fake).mean())


def _kernel(a: Array, b: Array) -> Array:
    return np.asarray((a.astype(float) @ b.T / a.shape[1] + 1) ** 3)


def _pair_sum(kernel: Array) -> float:
    """Return the sum over pairs of different points: all but the diagonal."""
    return float(kernel.sum() - np.trace(kernel))
