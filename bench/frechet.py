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

RESULT_FILE = Path(__file__).parent / "results" / "frechet.md"


def make_clouds(d: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two clouds (n, d) whose spectra fall off as those of images do."""
    rng = np.random.default_rng(0)
    axis_scales = np.arange(1, d + 1) ** -0.5
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return rng.normal(size=(n, d)) * axis_scales @ rotation, 0.1 + rng.normal(
        size=(n, d)
    ) * axis_scales[::-1] @ rotation


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
    root_trace = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(np.sum((a - b) ** 2) + np.trace(cov_a) + np.trace(cov_b) - 2 * root_trace)


def our_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Return our distance."""
    return frechet.frechet_of_clouds(real=real, fake=fake)


def best_time(
    distance: Callable[[np.ndarray, np.ndarray], float],
    cloud_pair: tuple[np.ndarray, np.ndarray],
    times: int,
) -> tuple[float, float]:
    """Return the best seconds of `times` calls, and the value."""
    best_seconds, value = np.inf, np.nan
    for _ in range(times):
        start_time = time.perf_counter()
        value = distance(*cloud_pair)
        best_seconds = min(best_seconds, time.perf_counter() - start_time)
    return best_seconds, value


def main(d: int, times: int) -> None:
    """Print and store the table."""
    table_lines = ["| points a side | way | s | times as fast | off by |", "|---|---|---|---|---|"]
    with threadpool_limits(1):
        for n in (2 * d, d // 2):
            cloud_pair = make_clouds(d, n)
            root_seconds, root_value = best_time(by_root, cloud_pair, 1)
            table_lines.append(
                f"| {n:,} | matrix root of the product | {root_seconds:.2f} | 1 | – |"
            )
            for way_name, distance in (
                ("two eigendecompositions", by_eigh),
                ("ours", our_distance),
            ):
                seconds, value = best_time(distance, cloud_pair, times)
                relative_error = abs(value - root_value) / root_value
                times_as_fast = f"{root_seconds / seconds:.1f}"
                table_lines.append(
                    f"| {n:,} | {way_name} | {seconds:.2f} | {times_as_fast} "
                    f"| {relative_error:.0e} |"
                )
            print("\n".join(table_lines[-3:]), flush=True)
    RESULT_FILE.write_text("\n".join(table_lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    size_arguments = [int(word) for word in sys.argv[1:]]
    main(*[*size_arguments, *(2048, 3)[len(size_arguments) :]])
