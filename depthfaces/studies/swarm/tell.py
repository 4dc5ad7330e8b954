"""The study in words and tables."""

import numpy as np

from depthfaces.schema.studies import Swarm
from depthfaces.studies.chapter import Cell, Table
from depthfaces.studies.intervals import points, side
from depthfaces.studies.swarm.found import BY_CLASS, SCORES, Found
from depthfaces.studies.swarm.protocol import WORDS
from depthfaces.studies.swarm.space import NAMES

TITLE = "Let a particle swarm set a GAN that classifies"
QUESTION = (
    "A GAN's discriminator also names the emotion. Does a particle swarm over its settings find "
    "better ones than a random search with equally many trainings, and than the defaults?"
)

EFFECT = {1: "better than", -1: "worse than", 0: "not shown to differ from"}


def answer(found: Found) -> str:
    """Return what came out."""
    sentences = [_sentence(found, other) for other in ("random", "defaults")]
    alone = found.over("defaults", "alone")
    sentences.append(
        f"Generated faces in the discriminator's training changed the defaults by "
        f"{points(alone)} of macro-F1 against the same net without them."
    )
    return " ".join(sentences)


def _sentence(found: Found, other: str) -> str:
    gain = found.over("swarm", other)
    return (
        f"On people never seen the swarm's settings are {EFFECT[side(gain)]} {_called(other)}: "
        f"{points(gain)} of macro-F1."
    )


def _called(arm: str) -> str:
    return "those of the random search" if arm == "random" else "the defaults"


def published(found: Found) -> list[list[Cell]]:
    """Return every score the study promises; it prints no numbers."""
    return [[name, None, found.leaky(name), found.score("swarm", name)] for name in SCORES]


def tables(found: Found) -> list[Table]:
    """Return every table."""
    return [
        _whole(found),
        _contrasts(found),
        *(_classes(found, arm) for arm in ("swarm", "defaults")),
        _settings(found),
    ]


def _whole(found: Found) -> Table:
    return Table(
        "Scores by arm",
        "On test people, mean over the seeds with 95 % intervals (people, then seeds); all but "
        "accuracy are means over the classes. A class that is never called has no precision and is "
        "left out of its mean.",
        ["arm", *SCORES],
        [[WORDS[arm], *(found.score(arm, name) for name in SCORES)] for arm in WORDS],
    )


def _contrasts(found: Found) -> Table:
    pairs = [("swarm", "random"), ("swarm", "defaults"), ("random", "defaults"),
             ("defaults", "alone")]  # fmt: skip
    return Table(
        "Differences in macro-F1",
        "On the same draws of people and seeds. The first row asks whether the swarm as such "
        "helped; the others also count what any search gives.",
        ["arm", "minus", "difference"],
        [[WORDS[one], WORDS[other], found.over(one, other)] for one, other in pairs],
    )


def _classes(found: Found, arm: str) -> Table:
    columns = {name: of(found.confusion(arm)) for name, of in BY_CLASS.items()}
    rows: list[list[Cell]] = [
        [label, *(None if np.isnan(values[k]) else float(values[k]) for values in columns.values())]
        for k, label in enumerate(found.data.classes)
    ]
    return Table(
        f"By class: {WORDS[arm]}",
        "Answers of all seeds on test people together.",
        ["class", *BY_CLASS],
        rows,
    )


def _settings(found: Found) -> Table:
    rows: list[list[Cell]] = []
    for number, (records, chosen) in enumerate(
        zip(found.results.records, found.results.chosen, strict=True), 1
    ):
        for name, record in records.items():
            values = [float(f"{chosen[name][key]:.3g}") for key in NAMES]
            worth = float(record.fitness.max())
            rows.append([f"{WORDS[name]}, seed {number}", len(record.fitness), worth, *values])
    return Table(
        "What the searches chose",
        "The best macro-F1 on validation people is that of the luckiest of many short trainings: "
        "compare it with the scores on test people above.",
        ["search", "trainings", "best on validation", *NAMES],
        rows,
    )


def notes(found: Found, wanted: Swarm) -> list[str]:
    """Return our reading, and what the study does not show."""
    told = [
        "Our reading throughout: the document names a GAN with a particle swarm and defines "
        "neither; its code contains no swarm, and it prints no numbers.",
        "The discriminator has one output a class and one for generated faces; the generator is "
        "told a class and rewarded when the discriminator names it. In an answer the output for "
        "generated faces is left out.",
        f"The swarm: {wanted.particles} particles, inertia {wanted.pso.inertia:g}, pulls "
        f"{wanted.pso.own:g} and {wanted.pso.swarm:g}, towards the best of four neighbours in a "
        "ring. It flies where settings are N(0, 1) numbers whose even spread over the box the "
        "random search draws from; it is held inside the part where 99 % of such draws lie.",
        f"Fitness is macro-F1 on validation people after {wanted.gan.epochs} passes over at most "
        f"{wanted.faces} train faces; the chosen settings train anew for {wanted.final_epochs} "
        "passes over all train faces, with another seed. What is good for a short training need "
        "not be for a long one.",
        "Two G-measures go by that name, so both stand here: the geometric mean of precision and "
        "recall, and that of sensitivity and specificity.",
        "The published protocol here: the swarm's settings, a random fifth of the train faces as "
        "test part. Faces of one person stand on both sides: leaky. Means of the seeds without "
        "interval, because each seed draws another test part.",
    ]
    if wanted.seeds < 6:
        told.append(
            f"Seeds: {wanted.seeds}. Below six nothing here is more than a hint; "
            "profiles/studies.yaml has six."
        )
    if found.diverged:
        told.append(f"{found.diverged} trainings of the searches diverged and count as worst.")
    broken = sum(one.generator is None for held in found.results.held_out for one in held.values())
    if broken:
        told.append(f"{broken} of the final trainings diverged: every class equally likely.")
    if not found.data.people:
        told.append(
            "People are not known in this set: near copies are kept together, but the split is not "
            "disjoint by person."
        )
    return told


def sizes(found: Found, wanted: Swarm) -> dict[str, Cell]:
    """Return what went into the study."""
    parts = found.data.parts
    return {
        "classes": ", ".join(found.data.classes),
        **{f"{split} faces": len(part.labels) for split, part in parts.items()},
        "test people or groups": len(set(parts["test"].owners)),
        **{f"trainings, {WORDS[name]}": count for name, count in found.trainings.items()},
        "width of the nets": wanted.gan.width,
    }
