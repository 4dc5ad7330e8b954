"""Recognise emotions and action units by what the discriminator of a DCGAN has learned."""

from pathlib import Path

import torch

from depthfaces import command, params
from depthfaces.faces import FaceSet
from depthfaces.studies.dfeatures import study


def main(faces: Path, result: Path, figures: Path) -> None:
    """Write RESULT (JSON) and FIGURES from the prepared set FACES."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    study.run(FaceSet.open(faces), settings, figures).write(result)


if __name__ == "__main__":
    command.run(main)
