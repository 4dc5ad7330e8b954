"""How many PNG files per second an export writes, beside two other ways to write them.

    python -m bench.export [FOLDER]

2,000 smooth faces of 64 px are written to a scratch folder in FOLDER (default: where temporary
files go); the encoding alone and the disk alone are timed as well.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from depthfaces import params
from depthfaces.export.picture import millimetres, png, preview, write_pngs

ROUNDS, FACE_COUNT = 5, 2000


def smooth_faces(count: int) -> np.ndarray:
    """Return `count` smooth faces (n, 64, 64) in [-1, 1] with a sensor's grain."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    dome = 1 - (x / rng.uniform(0.6, 0.8, (count, 1, 1))) ** 2 - (y / 0.9) ** 2
    grain = rng.normal(0, 0.01, dome.shape)
    return np.where(dome > 0, np.sqrt(np.maximum(dome, 0)) + grain - 0.3, -1).astype(np.float32)


def export_ways(threads: int) -> dict[str, Callable[[Path], object]]:
    """Return {name: function that writes the same faces, wholly or in part, into a folder}."""
    faces = smooth_faces(FACE_COUNT)
    grey_images, depth_images = preview(faces), millimetres(faces, -20.0, 100.0)
    file_names, encoded_images = (
        [f"{number:05d}" for number in range(FACE_COUNT)],
        [png(image) for image in grey_images],
    )

    def pillow(folder: Path) -> None:
        for image, name in zip(grey_images, file_names, strict=True):
            Image.fromarray(image).save(folder / f"{name}.png")

    def encode(folder: Path) -> None:
        del folder
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(png, grey_images))

    def store(folder: Path) -> None:
        for content, name in zip(encoded_images, file_names, strict=True):
            (folder / f"{name}.png").write_bytes(content)

    return {
        f"8 bit, {threads} threads": lambda folder: write_pngs(
            folder, grey_images, file_names, threads
        ),
        "8 bit, 1 thread": lambda folder: write_pngs(folder, grey_images, file_names, 1),
        f"16 bit, {threads} threads": lambda folder: write_pngs(
            folder, depth_images, file_names, threads
        ),
        "8 bit by Pillow, 1 thread": pillow,
        f"encoding alone, {threads} threads": encode,
        "the same bytes to files, 1 thread": store,
    }


def main(top: str | None) -> None:
    """Print PNG files a second."""
    export_calls = export_ways(params.load().threads)
    seconds_by_way: dict[str, list[float]] = {way_name: [] for way_name in export_calls}
    for _ in range(ROUNDS):  # interleaved, so that a busy moment slows all ways equally
        for way_name, write in export_calls.items():
            with tempfile.TemporaryDirectory(dir=top) as folder:
                start_time = time.perf_counter()
                write(Path(folder))
                seconds_by_way[way_name].append(time.perf_counter() - start_time)
    print("| way | PNG files a second |\n|---|---|")
    for way_name, seconds in seconds_by_way.items():
        print(f"| {way_name} | {FACE_COUNT / np.median(seconds):,.0f} |")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main((sys.argv[1:] or [None])[0])
