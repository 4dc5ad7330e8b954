"""Search the latent space for good, right and different faces of each emotion."""

from pathlib import Path

import torch
from tqdm import tqdm

from depthfaces import command, files, params, seeding
from depthfaces.evolve import contest, judge, results
from depthfaces.evolve.fitness import Fitness, Nearness
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.gan.sample import renderer


def main(faces: Path, gan: Path, latents: Path, report: Path) -> None:
    """Evolve the latents of `gan`; write archives to `latents`, curves to `report`."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    model, data, seed = store.load(gan, faces), FaceSet.open(faces), settings.seed
    train, held = data.split("train"), data.split("validation")
    judged = judge.fit(train, held, model.classes, seeding.stream(seed, "evolve", "judge"))
    fitness = Fitness(judged, Nearness(train))
    found = []
    for target, label in enumerate(tqdm(model.classes, "evolve", unit="emotion")):
        score = fitness.of(renderer(model.generator, target), target)
        streams = seeding.number(seed, "evolve", label)
        records = contest(score, model.generator.shape.latent, settings.ga, streams)
        found += results.outcomes(label, records, settings.export.per_class)
    winners = [outcome for outcome in found if outcome.method == settings.ga.method]
    written = results.write_latents(latents, winners)
    about = {"generator": model.checksum, "files": written, "ga": settings.ga.model_dump()}
    files.write_json(latents / "config.json", {**about, "judge": judged.about})
    results.write_report(report, found)


if __name__ == "__main__":
    command.run(main)
