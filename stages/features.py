"""Describe every face, real and generated, by the same hand-made numbers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from depthfaces import command, files, params, seeding
from depthfaces.faces import FaceSet, release
from depthfaces.features.augment import augment
from depthfaces.features.store import ABOUT, Array, write

BATCH = 64  # faces; at 256 px and 8,190 columns a batch with its features takes 20 MB


def main(faces: Path, synthetic: Path, baselines: Path, out: Path) -> None:
    """Write OUT/real.npz, augmented.npz (of the train faces), synthetic.npz and one a baseline."""
    settings = params.load()
    folders = {"real": faces, "synthetic": synthetic}
    folders |= {folder.name: folder for folder in sorted(baselines.glob("*")) if folder.is_dir()}
    for name, folder in folders.items():
        found = FaceSet.open(folder)
        batches = (images for _, images in found.batches(BATCH))
        write(out / name, found.table, batches, settings.features, settings.threads)
    real = FaceSet.open(faces)
    unit, size = str(real.table["unit"].iloc[0]), real.images.shape[1]
    files.write_json(out / ABOUT, {"unit": unit, "size": size})
    train = np.flatnonzero(real.table["split"] == "train")
    table, changed = real.table.iloc[train], _augmented(real, train, settings.seed)
    write(out / "augmented", table, changed, settings.features, settings.threads)


def _augmented(faces: FaceSet, rows: Array, seed: int) -> Iterator[Array]:
    for start in range(0, len(rows), BATCH):
        rng = seeding.stream(seed, "augment", start)
        yield augment(np.array(faces.images[rows[start : start + BATCH]]), rng)
        release(faces.images)


if __name__ == "__main__":
    command.run(main)
