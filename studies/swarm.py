"""Let a particle swarm set a GAN whose discriminator tells the emotions."""

from pathlib import Path

import torch

from depthfaces import command, params, seeding
from depthfaces.faces import FaceSet
from depthfaces.studies.swarm import study


def main(faces: Path, result: Path, figures: Path) -> None:
    """Write RESULT (JSON) and FIGURES (PNG) from the prepared set FACES."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    seed = seeding.number(settings.seed, "studies", "swarm")
    study.run(FaceSet.open(faces), settings, seed, figures).write(result)


if __name__ == "__main__":
    command.run(main)
