"""The search in a stored generator's latent space, as `evolve` and `ablation` run it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depthfaces import seeding
from depthfaces.evolve import journal, judge, results
from depthfaces.evolve.fitness import Evidence
from depthfaces.evolve.pictures import Renders
from depthfaces.evolve.results import Outcome
from depthfaces.evolve.rounds import Emotion, Hunt, explore
from depthfaces.evolve.search import Settings, Space
from depthfaces.evolve.student import School
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
    run = journal.resume(top, *bound, p.useful, p.export.per_class)
    panel = judge.learn(data, settings.evolve.judges, seeding.stream(p.seed, "evolve", "judges"))
    train, validation = data.split("train"), data.split("validation")
    evidence = Evidence.of(panel, train, validation, store.critic(gan))
    school = None
    if settings.ga.fitness == "useful":
        school = School.of(train, validation, panel, p, seeding.number(p.seed, "evolve"))
    emotions = [
        Emotion(
            label,
            renderer(model.generator, target),
            Space(model.generator.shape.latent, seeding.number(p.seed, "evolve", label)),
        )
        for target, label in enumerate(model.classes)
    ]
    hunt = Hunt(emotions, evidence, school)
    found = explore(hunt, settings, run, p.export.per_class, "evolve")
    results.check_found(found)
    about = {"generator": model.checksum, "settings": settings.told(), "judges": panel.about}
    if school:
        about["useful"] = school.about()
    return Evolved(found, [emotion.render for emotion in emotions], about, run)
