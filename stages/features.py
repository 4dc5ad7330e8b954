"""Describe every face, real and generated, by the same hand-made numbers."""

from pathlib import Path

import numpy as np

from depthfaces import command, files, params
from depthfaces.faces import FaceSet
from depthfaces.features.augment import augmented
from depthfaces.features.store import ABOUT, write

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
    train = np.tile(np.flatnonzero(real.table["split"] == "train"), settings.features.augmented)
    changed = augmented(real, train, BATCH, settings.seed)
    write(out / "augmented", real.table.iloc[train], changed, settings.features, settings.threads)
    unit, size = str(real.table["unit"].iloc[0]), real.images.shape[1]
    files.write_json(out / ABOUT, {"unit": unit, "size": size})


if __name__ == "__main__":
    command.run(main)
