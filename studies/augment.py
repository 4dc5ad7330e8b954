"""Train VGG-19 with and without generated faces."""

from pathlib import Path

import torch

from depthfaces import command, params, seeding
from depthfaces.faces import FaceSet
from depthfaces.studies.augment import study


def main(faces: Path, result: Path, figures: Path) -> None:
    """Write RESULT (JSON) and FIGURES from the prepared set FACES."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    seed = seeding.number(settings.seed, "studies", "augment")
    study.run(FaceSet.open(faces), settings, seed, figures).write(result)


if __name__ == "__main__":
    command.run(main)
