"""Faces of few people's generator after its latents have evolved: a share of them, as exported."""

import tempfile
from pathlib import Path

import numpy as np

from depthfaces import seeding
from depthfaces.baselines.gan import Plain
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.evolve.fitness import Evidence
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.judge import Examples, panel
from depthfaces.evolve.rounds import Emotion, Hunt, explore
from depthfaces.evolve.search import Settings, Space
from depthfaces.evolve.student import School
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.gan.sample import renderer, sample
from depthfaces.schema import Params

KEPT = 250  # latents of an emotion at most


def evolved(distilled: Plain, few: FaceSet, params: Params, seed: int) -> Sampler:
    """Return a sampler whose faces are evolved by `export.evolved_share`, the rest plain draws.

    The judges learned from the faces of the same few people: there is nobody else.
    """
    examples = Examples.of(few, few.classes)
    judges = panel(examples, examples, params.evolve.judges, seeding.stream(seed, "judges"))
    critic = store.scorer(distilled.trained.discriminator_teacher)
    evidence = Evidence.of(judges, few, few, critic)
    school = None
    if params.ga.fitness == "useful":
        school = School.of(few, few, judges, params, seed)
    emotions = [
        Emotion(
            label,
            renderer(distilled.trained.generator_teacher, target),
            Space(distilled.gan.latent, seeding.number(seed, label)),
        )
        for target, label in enumerate(few.classes)
    ]
    archives = found(Hunt(emotions, evidence, school), params)

    def sampler(labels: Array, number: int) -> Array:
        rng = seeding.stream(number, "latents")
        z = rng.standard_normal((len(labels), distilled.gan.latent), np.float32)
        for target, kept in enumerate(archives):
            mine = np.flatnonzero(labels == target)
            chosen = mine[: round(params.export.evolved_share * len(mine))]
            if len(kept):
                z[chosen] = kept[np.arange(len(chosen)) % len(kept)]
        return sample(distilled.trained.generator_teacher, z, labels)

    return sampler


def found(hunt: Hunt, params: Params) -> list[Array]:
    """Return the latents (n, d) that evolution keeps of each emotion, best first.

    None where all are copies or outside the prior: a generator of few people may have nothing else.
    """
    settings = Settings(params.evolve, params.ga, params.pso, params.cmaes, params.qd)
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = explore(hunt, settings, Journal(Path(scratch), "few"), KEPT)
    kept = [outcome for outcome in outcomes if outcome.method == params.evolve.method]
    return [np.asarray(one.record.z[one.rows], np.float32) for one in kept]
