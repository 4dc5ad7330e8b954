"""Search the latent space for good, right and different faces of each emotion."""

from pathlib import Path

import torch

from depthfaces import command, disk, params
from depthfaces.evolve import pictures, results
from depthfaces.evolve.search import Settings
from depthfaces.gan import checkpoint
from depthfaces.latents import evolve


def main(faces: Path, gan: Path, latents: Path, report: Path) -> None:
    """Evolve the latents of `gan`; write archives to `latents`, curves and pictures to `report`."""
    p = params.load()
    torch.set_num_threads(p.threads)
    disk.check_writable(latents, report)
    checkpoint.clear(Path("checkpoints/train"))  # its nets are stored, or they would not be here
    settings = Settings(p.evolve, p.ga, p.pso, p.cmaes, p.qd)
    evolved = evolve(gan, faces, settings, p, Path("checkpoints/evolve"))
    results.write_latents(latents, evolved.found, evolved.about)
    results.write_tables(report, evolved.found)
    pictures.write(report, evolved.found, evolved.renders)
    evolved.run.clear()


if __name__ == "__main__":
    command.run(main)
