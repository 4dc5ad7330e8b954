"""How many PNG files a second an export writes: what it does, beside two other ways.

    python -m bench.export [FOLDER]

2,000 smooth faces of 64 px are written to a scratch folder in FOLDER (default: where temporary
files go), and beside it what the encoding and what the disk alone would take.
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

ROUNDS, COUNT = 5, 2000


def faces(count: int) -> np.ndarray:
    """Return `count` smooth faces (n, 64, 64) in [-1, 1] with a sensor's grain."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    dome = 1 - (x / rng.uniform(0.6, 0.8, (count, 1, 1))) ** 2 - (y / 0.9) ** 2
    grain = rng.normal(0, 0.01, dome.shape)
    return np.where(dome > 0, np.sqrt(np.maximum(dome, 0)) + grain - 0.3, -1).astype(np.float32)


def ways(threads: int) -> dict[str, Callable[[Path], object]]:
    """Return by their names the ways to write, or half write, the same faces into a folder."""
    made = faces(COUNT)
    small, deep = preview(made), millimetres(made, -20.0, 100.0)
    names, done = [f"{number:05d}" for number in range(COUNT)], [png(image) for image in small]

    def pillow(folder: Path) -> None:
        for image, name in zip(small, names, strict=True):
            Image.fromarray(image).save(folder / f"{name}.png")

    def encode(folder: Path) -> None:
        del folder
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(png, small))

    def store(folder: Path) -> None:
        for content, name in zip(done, names, strict=True):
            (folder / f"{name}.png").write_bytes(content)

    return {
        f"8 bit, {threads} threads": lambda folder: write_pngs(folder, small, names, threads),
        "8 bit, 1 thread": lambda folder: write_pngs(folder, small, names, 1),
        f"16 bit, {threads} threads": lambda folder: write_pngs(folder, deep, names, threads),
        "8 bit by Pillow, 1 thread": pillow,
        f"encoding alone, {threads} threads": encode,
        "the same bytes to files, 1 thread": store,
    }


def main(top: str | None) -> None:
    """Print PNG files a second."""
    known = ways(params.load().threads)
    took: dict[str, list[float]] = {name: [] for name in known}
    for _ in range(ROUNDS):  # in turn, so that a busy moment hits all alike
        for name, write in known.items():
            with tempfile.TemporaryDirectory(dir=top) as folder:
                start = time.perf_counter()
                write(Path(folder))
                took[name].append(time.perf_counter() - start)
    print("| way | PNG files a second |\n|---|---|")
    for name, seconds in took.items():
        print(f"| {name} | {COUNT / np.median(seconds):,.0f} |")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main((sys.argv[1:] or [None])[0])
