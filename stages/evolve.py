"""Search the latent space for good, right and different faces of each emotion."""

from pathlib import Path

import torch
from tqdm import tqdm

from depthfaces import command, params, seeding
from depthfaces.evolve import contest, journal, judge, pictures, results
from depthfaces.evolve.fitness import FITNESSES, Evidence, score
from depthfaces.evolve.search import Settings, Space
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.gan.sample import renderer


def main(faces: Path, gan: Path, latents: Path, report: Path) -> None:
    """Evolve the latents of `gan`; write archives to `latents`, curves and pictures to `report`."""
    p = params.load()
    torch.set_num_threads(p.threads)
    model, data, found = store.load(gan, faces), FaceSet.open(faces), []
    settings = Settings(p.evolve, p.ga, p.pso, p.cmaes, p.qd)
    run = journal.resume(p.seed, p.threads, settings, model.checksum, model.config["faces"])
    panel = judge.learn(data, p.evolve.judges, seeding.stream(p.seed, "evolve", "judges"))
    evidence = Evidence.of(panel, data.split("train"), data.split("validation"), store.critic(gan))
    renders = [renderer(model.generator, target) for target in range(len(model.classes))]
    for target, label in enumerate(tqdm(model.classes, "evolve", unit="emotion")):
        worth = score(FITNESSES[p.ga.fitness](evidence), renders[target], target)
        space = Space(model.generator.shape.latent, seeding.number(p.seed, "evolve", label))
        records = contest(worth, space, settings, run)
        found += results.outcomes(label, records, p.export.per_class, evidence.nearness)
    about = {"generator": model.checksum, "settings": settings.told(), "judges": panel.about}
    results.write_latents(latents, found, about)
    results.write_tables(report, found)
    pictures.write(report, found, renders)
    run.clear()


if __name__ == "__main__":
    command.run(main)
