"""Features a second, beside scikit-image called once a face, and peak memory at 1 and 10 times.

    python -m bench.features

Both sides compute the paper's four families on the same cores in the same run, interleaved, three
times; the best time of each counts. Then the stage runs on a set and on one ten times as large.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import skimage.feature
import skimage.filters
from joblib import Parallel, delayed
from ruamel.yaml import YAML

from bench.speed import run_stage
from depthfaces import params
from depthfaces.faces import FaceWriter
from depthfaces.features import extract
from depthfaces.features.lbp import grey_levels
from depthfaces.schema import Features

TOP = Path(__file__).parents[1]
FAMILIES = ["lbp", "hog", "sobel", "intensity"]
CORE_COUNT = 2
BATCH = 64
ROUNDS = 3


def dome_faces(count: int, side: int) -> np.ndarray:
    """Return (count, S, S) domes with noise in [-1, 1] in front of a background of -1."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    half_widths, half_heights = rng.normal(0.8, 0.04, (2, count, 1, 1))
    dome = 1 - (x / half_widths) ** 2 - (y / half_heights) ** 2
    face = -0.2 + np.sqrt(np.maximum(dome, 0)) + rng.normal(0, 0.01, (count, side, side))
    return np.where(dome > 0, face, -1).clip(-1, 1).astype(np.float32)


def one_by_one(images: np.ndarray, settings: Features) -> np.ndarray:
    """Return the same features by one call of scikit-image (or numpy) per face and family."""
    cell_size = (images.shape[1] // settings.hog_cells,) * 2
    block_size = (settings.hog_block,) * 2
    points, radius = settings.lbp_points, settings.lbp_radius
    feature_rows = []
    for image, grey_level in zip(images, grey_levels(images), strict=True):
        pattern_codes = skimage.feature.local_binary_pattern(grey_level, points, radius, "uniform")
        pattern_histogram = (
            np.histogram(pattern_codes, points + 2, (0, points + 2))[0] / pattern_codes.size
        )
        hog_features = skimage.feature.hog(
            image, settings.hog_orientations, cell_size, block_size, "L2-Hys"
        )
        edges = np.sqrt(skimage.filters.sobel(image, mode="reflect") / 2)
        edge_histogram = np.histogram(edges, settings.sobel_bins, (0, 1))[0] / edges.size
        depth_histogram = np.histogram(image, settings.intensity_bins, (-1, 1))[0] / image.size
        feature_rows.append(
            np.concatenate([pattern_histogram, hog_features, edge_histogram, depth_histogram])
        )
    return np.array(feature_rows, np.float32)


def print_speed(count: int, side: int, settings: Features) -> None:
    """Print a row: faces a second of both, and how far apart their numbers are."""
    images = dome_faces(count, side)
    batches = np.split(images, range(BATCH, count, BATCH))

    def timed_run(work: Callable[[np.ndarray, Features], object]) -> float:
        start = time.perf_counter()
        Parallel(CORE_COUNT, backend="threading")(
            delayed(work)(batch, settings) for batch in batches
        )
        return time.perf_counter() - start

    best_seconds = np.array(
        [[timed_run(one_by_one), timed_run(extract)] for _ in range(ROUNDS)]
    ).min(axis=0)
    slow_rate, quick_rate = count / best_seconds
    largest_difference = np.abs(
        one_by_one(images[:8], settings) - extract(images[:8], settings)[0]
    ).max()
    print(
        f"| {side} | {slow_rate:,.0f} | {quick_rate:,.0f} | {quick_rate / slow_rate:.1f} "
        f"| {largest_difference:.0e} |",
        flush=True,
    )


def print_memory(count: int) -> None:
    """Print a row: faces a second and peak memory of the stage `features` on `count` faces."""
    content = params.read(TOP / "params.yaml")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(content, file)
        images = dome_faces(200, 64)
        for name in ("faces", "synthetic"):
            with FaceWriter(folder / name, (64, 64), np.float32) as writer:
                for start in range(0, count, 200):
                    face_rows = [
                        {"id": f"{start + i}", "label": "Neutral", "subject": "", "split": "train"}
                        for i in range(200)
                    ]
                    writer.append(images, face_rows)
        (folder / "baselines").mkdir()
        seconds, peak_memory = run_stage(
            "features", "faces", "synthetic", "baselines", "out", folder=folder
        )
    print(f"| {3 * count:,} | {3 * count / seconds:.0f} | {peak_memory:.0f} MB |", flush=True)


def main() -> None:
    """Print both tables."""
    settings = params.load(TOP / "params.yaml").features.model_copy(update={"families": FAMILIES})
    print("| side | scikit-image a face, faces/s | ours, faces/s | times | largest difference |")
    print("|---|---|---|---|---|")
    print_speed(640, 64, settings)
    print_speed(96, 256, settings.model_copy(update={"hog_cells": 16}))
    print("\n| faces described | faces/s, start-up included | peak memory |\n|---|---|---|")
    for count in (1_000, 10_000):
        print_memory(count)


if __name__ == "__main__":
    main()
