"""The search in a stored generator's latent space, as `evolve` and `ablation` run it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from depthfaces import seeding
from depthfaces.evolve import contest, journal, judge, results
from depthfaces.evolve.fitness import FITNESSES, Evidence, score
from depthfaces.evolve.pictures import Renders
from depthfaces.evolve.results import Outcome
from depthfaces.evolve.search import Settings, Space
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.gan.sample import renderer
from depthfaces.schema import Params


@dataclass(frozen=True)
class Evolved:
    """What was found for each emotion; `renders` makes an emotion's latents to faces.

    `about` says by what it was found; `run` is the journal, to be cleared once all is written.
    """

    found: Sequence[Outcome]
    renders: Renders
    about: dict[str, Any]
    run: journal.Journal


def evolve(gan: Path, faces: Path, settings: Settings, p: Params, top: Path) -> Evolved:
    """Search for good, right and different faces of each emotion; keep the journal in `top`."""
    model, data = store.load(gan, faces), FaceSet.open(faces)
    bound = (p.seed, p.threads, settings, model.checksum, model.config["faces"])
    run = journal.resume(top, *bound)
    panel = judge.learn(data, settings.evolve.judges, seeding.stream(p.seed, "evolve", "judges"))
    evidence = Evidence.of(panel, data.split("train"), data.split("validation"), store.critic(gan))
    renders = [renderer(model.generator, target) for target in range(len(model.classes))]
    found: list[Outcome] = []
    for target, label in enumerate(tqdm(model.classes, "evolve", unit="emotion")):
        worth = score(FITNESSES[settings.ga.fitness](evidence), renders[target], target)
        space = Space(model.generator.shape.latent, seeding.number(p.seed, "evolve", label))
        records = contest(worth, space, settings, run)
        found += results.outcomes(label, records, p.export.per_class, evidence.nearness)
    about = {"generator": model.checksum, "settings": settings.told(), "judges": panel.about}
    return Evolved(found, renders, about, run)
