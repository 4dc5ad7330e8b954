"""Describe every face, real and generated, by the same hand-made numbers."""

from pathlib import Path

from depthfaces import command, files, params
from depthfaces.faces import FaceSet
from depthfaces.features.changed import changed
from depthfaces.features.store import ABOUT, write

BATCH = 64  # faces; at 256 px and 8,190 columns a batch with its features takes 20 MB


def main(faces: Path, synthetic: Path, baselines: Path, out: Path) -> None:
    """Write OUT/real.npz, synthetic.npz, one a baseline, and what train faces were changed into."""
    settings = params.load()
    folders = {"real": faces, "synthetic": synthetic}
    folders |= {folder.name: folder for folder in sorted(baselines.glob("*")) if folder.is_dir()}
    for name, folder in folders.items():
        found = FaceSet.open(folder)
        batches = (images for _, images in found.batches(BATCH))
        write(out / name, found.table, batches, settings.features, settings.threads)
    real = FaceSet.open(faces)
    for name, rows, images in changed(real, settings, BATCH):
        write(out / name, real.table.iloc[rows], images, settings.features, settings.threads)
    unit, size = str(real.table["unit"].iloc[0]), real.images.shape[1]
    files.write_json(out / ABOUT, {"unit": unit, "size": size})


if __name__ == "__main__":
    command.run(main)
