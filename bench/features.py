"""Features a second, beside scikit-image called once a face, and peak memory at 1 and 10 times.

    python -m bench.features

Both sides do the paper's four families on the same cores in the same run, turn about, three times;
the best time of each counts. Then the stage runs on a set and on one ten times as large.
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

from bench.speed import stage
from depthfaces import params
from depthfaces.faces import FaceWriter
from depthfaces.features import extract
from depthfaces.features.lbp import grey
from depthfaces.schema import Features

TOP = Path(__file__).parents[1]
FAMILIES = ["lbp", "hog", "sobel", "intensity"]
CORES = 2
BATCH = 64
ROUNDS = 3


def faces(count: int, side: int) -> np.ndarray:
    """Return (count, S, S) domes with noise in [-1, 1] in front of a background of -1."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    wide, high = rng.normal(0.8, 0.04, (2, count, 1, 1))
    dome = 1 - (x / wide) ** 2 - (y / high) ** 2
    face = -0.2 + np.sqrt(np.maximum(dome, 0)) + rng.normal(0, 0.01, (count, side, side))
    return np.where(dome > 0, face, -1).clip(-1, 1).astype(np.float32)


def one_by_one(images: np.ndarray, settings: Features) -> np.ndarray:
    """Return the same features by a call of scikit-image (or numpy) a face and family."""
    cell = (images.shape[1] // settings.hog_cells,) * 2
    block = (settings.hog_block,) * 2
    points, radius = settings.lbp_points, settings.lbp_radius
    rows = []
    for image, level in zip(images, grey(images), strict=True):
        codes = skimage.feature.local_binary_pattern(level, points, radius, "uniform")
        patterns = np.histogram(codes, points + 2, (0, points + 2))[0] / codes.size
        gradients = skimage.feature.hog(image, settings.hog_orientations, cell, block, "L2-Hys")
        edges = np.sqrt(skimage.filters.sobel(image, mode="reflect") / 2)
        steep = np.histogram(edges, settings.sobel_bins, (0, 1))[0] / edges.size
        depths = np.histogram(image, settings.intensity_bins, (-1, 1))[0] / image.size
        rows.append(np.concatenate([patterns, gradients, steep, depths]))
    return np.array(rows, np.float32)


def speed(count: int, side: int, settings: Features) -> None:
    """Print a row: faces a second of both, and how far apart their numbers are."""
    images = faces(count, side)
    batches = np.split(images, range(BATCH, count, BATCH))

    def run(work: Callable[[np.ndarray, Features], object]) -> float:
        start = time.perf_counter()
        Parallel(CORES, backend="threading")(delayed(work)(batch, settings) for batch in batches)
        return time.perf_counter() - start

    times = np.array([[run(one_by_one), run(extract)] for _ in range(ROUNDS)]).min(axis=0)
    slow, quick = count / times
    apart = np.abs(one_by_one(images[:8], settings) - extract(images[:8], settings)[0]).max()
    print(f"| {side} | {slow:,.0f} | {quick:,.0f} | {quick / slow:.1f} | {apart:.0e} |", flush=True)


def memory(count: int) -> None:
    """Print a row: faces a second and peak memory of the stage `features` on `count` faces."""
    content = params.read(TOP / "params.yaml")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with (folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(content, file)
        images = faces(200, 64)
        for name in ("faces", "synthetic"):
            with FaceWriter(folder / name, (64, 64), np.float32) as writer:
                for start in range(0, count, 200):
                    rows = [
                        {"id": f"{start + i}", "label": "Neutral", "subject": "", "split": "train"}
                        for i in range(200)
                    ]
                    writer.append(images, rows)
        (folder / "baselines").mkdir()
        seconds, peak = stage("features", "faces", "synthetic", "baselines", "out", folder=folder)
    print(f"| {3 * count:,} | {3 * count / seconds:.0f} | {peak:.0f} MB |", flush=True)


def main() -> None:
    """Print both tables."""
    settings = params.load(TOP / "params.yaml").features.model_copy(update={"families": FAMILIES})
    print("| side | scikit-image a face, faces/s | ours, faces/s | times | largest difference |")
    print("|---|---|---|---|---|")
    speed(640, 64, settings)
    speed(96, 256, settings.model_copy(update={"hog_cells": 16}))
    print("\n| faces described | faces/s, start-up included | peak memory |\n|---|---|---|")
    for count in (1_000, 10_000):
        memory(count)


if __name__ == "__main__":
    main()
