"""Fréchet distance in 2,048 dimensions: ours beside the matrix root of the product.

    python -m bench.frechet [DIMENSIONS] [REPEATS]

Prints a table: seconds (best of REPEATS) and the difference to the matrix root's value.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.linalg import sqrtm
from threadpoolctl import threadpool_limits

from depthfaces.metrics import frechet

RESULT = Path(__file__).parent / "results" / "frechet.md"


def clouds(d: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two clouds (n, d) whose spectra fall off as those of images do."""
    rng = np.random.default_rng(0)
    scale = np.arange(1, d + 1) ** -0.5
    mix = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return rng.normal(size=(n, d)) * scale @ mix, 0.1 + rng.normal(size=(n, d)) * scale[::-1] @ mix


def by_root(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the distance as it is usually computed: sqrtm of the product of covariances."""
    (a, cov_a), (b, cov_b) = frechet.mean_and_covariance(real), frechet.mean_and_covariance(fake)
    root = np.real(sqrtm(cov_a @ cov_b))
    return float(np.sum((a - b) ** 2) + np.trace(cov_a) + np.trace(cov_b) - 2 * np.trace(root))


def by_eigh(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the distance by two symmetric eigendecompositions."""
    (a, cov_a), (b, cov_b) = frechet.mean_and_covariance(real), frechet.mean_and_covariance(fake)
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    inner = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(np.sum((a - b) ** 2) + np.trace(cov_a) + np.trace(cov_b) - 2 * inner)


def ours(real: np.ndarray, fake: np.ndarray) -> float:
    """Return our distance."""
    return frechet.frechet_of_clouds(real=real, fake=fake)


def timed(
    call: Callable[[np.ndarray, np.ndarray], float], pair: tuple[np.ndarray, np.ndarray], times: int
) -> tuple[float, float]:
    """Return the best seconds of `times` calls, and the value."""
    best, value = np.inf, np.nan
    for _ in range(times):
        start = time.perf_counter()
        value = call(*pair)
        best = min(best, time.perf_counter() - start)
    return best, value


def main(d: int, times: int) -> None:
    """Print and store the table."""
    lines = ["| points a side | way | s | times as fast | off by |", "|---|---|---|---|---|"]
    with threadpool_limits(1):
        for n in (2 * d, d // 2):
            pair = clouds(d, n)
            slow, expected = timed(by_root, pair, 1)
            lines.append(f"| {n:,} | matrix root of the product | {slow:.2f} | 1 | – |")
            for name, call in (("two eigendecompositions", by_eigh), ("ours", ours)):
                seconds, value = timed(call, pair, times)
                off = abs(value - expected) / expected
                times_as_fast = f"{slow / seconds:.1f}"
                lines.append(f"| {n:,} | {name} | {seconds:.2f} | {times_as_fast} | {off:.0e} |")
            print("\n".join(lines[-3:]), flush=True)
    RESULT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*[*given, *(2048, 3)[len(given) :]])
