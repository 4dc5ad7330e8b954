"""Export the synthetic set: PNG folders, exact images, origins and a dataset card."""

from pathlib import Path

import torch

from depthfaces import command, files, params, seeding
from depthfaces.export.card import card
from depthfaces.export.rows import Origin
from depthfaces.export.write import write
from depthfaces.faces import FaceSet
from depthfaces.gan import store


def main(faces: Path, gan: Path, latents: Path, out: Path) -> None:
    """Write faces made by `gan` from `latents` and from plain draws to `out`."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    origin = Origin.open(store.load(gan, faces), latents)
    write(out, origin, settings.export, seeding.number(settings.seed, "export"))
    train = FaceSet.open(faces).split("train")
    files.write_text(out / "README.md", card(FaceSet.open(out), origin, train))


if __name__ == "__main__":
    command.run(main)
