"""A search of every emotion, in rounds between which students learn from what was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.classify.sample import Sample
from depthfaces.evolve import compete, methods
from depthfaces.evolve.fitness import FITNESSES, Evidence, score
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.results import Outcome, archived
from depthfaces.evolve.search import Array, Record, Settings, Space
from depthfaces.evolve.student import School, described

Found = list[Outcome]  # of one round: each emotion's, method by method


class Emotion(NamedTuple):
    """Where one emotion is searched: `render` makes latents (n, d) to faces (n, S, S)."""

    label: str
    render: Callable[[Array], Array]
    space: Space


@dataclass(frozen=True)
class Hunt:
    """What is searched, by which evidence; `school` where the fitness asks for students."""

    emotions: Sequence[Emotion]
    evidence: Evidence
    school: School | None

    def taught(self, method: str, rounds: Sequence[Found]) -> Evidence:
        """Return the evidence with students who also learned what `method` found in `rounds`."""
        if self.school is None:
            return self.evidence
        faces: list[Array] = []
        targets: list[Array] = []
        renders = {emotion.label: emotion.render for emotion in self.emotions}
        for found in rounds:
            mine = [outcome for outcome in found if outcome.method == method and len(outcome.rows)]
            faces += [described(renders[one.label](one.record.z[one.rows])) for one in mine]
            labels = list(renders)
            targets += [np.full(len(one.rows), labels.index(one.label)) for one in mine]
        lesson = Sample(np.concatenate(faces), np.concatenate(targets)) if faces else None
        return replace(self.evidence, pairs=self.school.pairs(lesson))


def explore(
    hunt: Hunt, settings: Settings, journal: Journal, count: int, bar: str = ""
) -> list[Outcome]:
    """Return what the method and the control find: of each emotion up to `count` latents.

    Each method has its own students, so that the control shows what search itself brings. `bar`
    names the progress bar, "" shows none.
    """
    total = hunt.school.rounds if hunt.school else 1
    shares = zip(_even(settings.ga.generations, total), _even(count, total), strict=True)
    found: list[Found] = []
    with tqdm(total=total * len(hunt.emotions), desc=bar, unit="emotion", disable=not bar) as shown:
        for number, (generations, part) in enumerate(shares):
            ga = settings.ga.model_copy(update={"generations": generations})
            now = settings._replace(ga=ga)
            evidence = {name: hunt.taught(name, found) for name in methods(settings)}
            found.append([])
            for target, emotion in enumerate(hunt.emotions):
                scores = {
                    name: score(FITNESSES[ga.fitness](known), emotion.render, target)
                    for name, known in evidence.items()
                }
                records = compete(scores, _space(emotion.space, number), now, journal)
                found[-1] += archived(emotion.label, records, part, hunt.evidence.nearness)
                shown.update()
    return [joined(outcomes) for outcomes in zip(*found, strict=True)]


def _even(total: int, parts: int) -> list[int]:
    """Return `total` as a sum of `parts` numbers that differ by one at most."""
    return [int(part) for part in np.diff(np.arange(parts + 1) * total // parts)]


def _space(space: Space, number: int) -> Space:
    """Return the space of the round `number`, from 0: each has its own streams."""
    return space._replace(seed=seeding.number(space.seed, "round", number)) if number else space


def joined(rounds: Sequence[Outcome]) -> Outcome:
    """Return the outcomes of one search's rounds as one; the best of each round come in turn.

    Fitness of two rounds does not compare: other students were asked.
    """
    if len(rounds) == 1:
        return rounds[0]
    records = [one.record for one in rounds]
    births = np.cumsum([0, *(len(record.z) for record in records)])
    firsts = np.cumsum([0, *(len(record.curve) for record in records)])
    rows = np.concatenate([one.rows + birth for one, birth in zip(rounds, births, strict=False)])
    turns = np.concatenate([np.arange(len(one.rows)) for one in rounds])
    return replace(
        rounds[0], record=_one(records, births, firsts), rows=rows[np.argsort(turns, kind="stable")]
    )


def _one(records: Sequence[Record], births: Array, firsts: Array) -> Record:
    """Return `records` as one; latents count on from `births`, generations from `firsts`."""
    parents = [
        np.where(record.parents < 0, -1, record.parents + birth)
        for record, birth in zip(records, births, strict=False)
    ]
    generations = [
        record.generation + first for record, first in zip(records, firsts, strict=False)
    ]
    return Record(
        z=np.concatenate([record.z for record in records]),
        fitness=np.concatenate([record.fitness for record in records]),
        places=np.concatenate([record.places for record in records]),
        measures=np.concatenate([record.measures for record in records]),
        generation=np.concatenate(generations),
        parents=np.concatenate(parents),
        operator=np.concatenate([record.operator for record in records]),
        curve=[
            {**row, "generation": int(row["generation"] + first)}
            for record, first in zip(records, firsts, strict=False)
            for row in record.curve
        ],
    )
