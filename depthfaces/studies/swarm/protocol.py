"""Every seed: the swarm and its control search on validation people, then all answer once."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.pooled import split
from depthfaces.evolve import search
from depthfaces.evolve.pso import Swarm as Flock
from depthfaces.evolve.random import Random
from depthfaces.evolve.search import Record, Scored
from depthfaces.schema import Pso
from depthfaces.schema.studies import Swarm
from depthfaces.studies.lessons import side_by_side
from depthfaces.studies.swarm import space, trial
from depthfaces.studies.swarm.space import NAMES, Values
from depthfaces.studies.swarm.trial import Data, Known, Trial

Array = npt.NDArray[Any]

SEARCHES: dict[str, Callable[[int, search.Flight, np.random.Generator], search.Search]] = {
    "swarm": Flock,
    "random": Random,
}
# Arm: in words. `alone` is the default without generated faces: the same net as a plain classifier.
WORDS = {
    "swarm": "swarm",
    "random": "random search",
    "defaults": "defaults",
    "alone": "defaults, no generated faces",
}


class Budget(NamedTuple):
    """How many trainings a generation has."""

    population: int


class Flight(NamedTuple):
    """What both searches are told: the same budget."""

    ga: Budget
    pso: Pso


class Results(NamedTuple):
    """All that was found, a list entry a seed.

    `records` {search: what it saw}, `chosen` {arm: settings}, `held_out` {arm: answers on test
    people}, `leaky` (the swarm's settings the published way: answers, true classes).
    """

    records: list[dict[str, Record]]
    chosen: list[dict[str, Values]]
    held_out: list[dict[str, Trial]]
    leaky: list[tuple[Trial, Array]]


def run(data: Data, wanted: Swarm, seed: int, threads: int) -> Results:
    """Search and judge under each seed."""
    seeds = [seeding.number(seed, "run", number) for number in range(wanted.seeds)]
    records = [look(data, wanted, one, threads) for one in seeds]
    chosen = [choose(found, wanted) for found in records]
    jobs = [(number, arm) for number in range(wanted.seeds) for arm in (*WORDS, "leaky")]

    def answer(job: tuple[int, str]) -> tuple[Trial, Array]:
        number, arm = job
        if arm == "leaky":
            return leak(data, chosen[number]["swarm"], wanted, seeds[number])
        # The same seed for each arm, and another than the search's: a lucky start does not count.
        one = seeding.number(seeds[number], "final")
        train, test = data.parts["train"], data.parts["test"]
        settings = space.training(
            chosen[number][arm], wanted, len(data.classes), wanted.final_epochs
        )
        return trial.run(train, test.images, settings, one), test.labels

    found = dict(zip(jobs, side_by_side(answer, jobs, threads, "finals"), strict=True))
    numbers = range(wanted.seeds)
    held_out = [{arm: found[number, arm][0] for arm in WORDS} for number in numbers]
    return Results(records, chosen, held_out, [found[number, "leaky"] for number in numbers])


def look(data: Data, wanted: Swarm, seed: int, threads: int) -> dict[str, Record]:
    """Return what both searches see, each with `particles` x `generations` trainings.

    All trainings of a seed start from the same weights and see the same faces.
    """
    train, asked = some(data.parts["train"], wanted.faces, seed), data.parts["validation"]
    number = seeding.number(seed, "search")

    def one(z: Array) -> float:
        found = space.values(z, wanted.ranges)
        settings = space.training(found, wanted, len(data.classes), wanted.gan.epochs)
        return trial.worth(trial.run(train, asked.images, settings, number), asked.labels)

    def score(z: Array) -> Scored:
        fitness = np.array(side_by_side(one, list(z), threads, "trials"))
        return Scored(fitness, np.asarray(z, float), np.zeros((len(z), 2)))

    told = Flight(Budget(wanted.particles), wanted.pso)
    return {
        name: search.run(
            make(len(NAMES), told, seeding.stream(seed, "fly", name)), score, wanted.generations
        )
        for name, make in SEARCHES.items()
    }


def choose(found: dict[str, Record], wanted: Swarm) -> dict[str, Values]:
    """Return the settings of each arm: the best that a search saw, and the controls'."""
    usual = space.defaults(wanted)
    best = {
        name: space.values(record.z[record.fitness.argmax()], wanted.ranges)
        for name, record in found.items()
    }
    return {**best, "defaults": usual, "alone": {**usual, "fake_weight": 0.0}}


def leak(data: Data, found: Values, wanted: Swarm, seed: int) -> tuple[Trial, Array]:
    """Return answers by the usual split of such studies, faces of one person on both sides.

    The pool are the train faces alone, so held-out people stay unseen. It leaks.
    """
    pool = data.parts["train"]
    held, _, fitted = split(pool.labels, seeding.stream(seed, "leaky"))
    settings = space.training(found, wanted, len(data.classes), wanted.final_epochs)
    number = seeding.number(seed, "leaky")
    asked = pool.pick(held)
    return trial.run(pool.pick(fitted), asked.images, settings, number), asked.labels


def some(train: Known, count: int, seed: int) -> Known:
    """Return at most `count` train faces, of each class equally many as far as there are any."""
    rng = seeding.stream(seed, "some")
    order = rng.permutation(len(train.labels))
    turn = np.empty(len(order), int)
    for label in np.unique(train.labels):
        mine = order[train.labels[order] == label]
        turn[mine] = np.arange(len(mine))
    return train.pick(np.sort(order[np.argsort(turn[order], kind="stable")][:count]))
