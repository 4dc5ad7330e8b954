"""Fill up a small class with generated faces, and ask whether a CNN gains by it."""

from pathlib import Path

import torch

from depthfaces import command, params, seeding
from depthfaces.faces import FaceSet
from depthfaces.studies.balance import study


def main(faces: Path, result: Path, figures: Path) -> None:
    """Write RESULT (JSON) and FIGURES (PNG) from the prepared set FACES."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    seed = seeding.number(settings.seed, "studies", "balance")
    study.run(FaceSet.open(faces), settings, seed, figures).write(result)


if __name__ == "__main__":
    command.run(main)
