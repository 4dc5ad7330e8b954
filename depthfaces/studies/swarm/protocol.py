"""For each seed: both searches on validation people, then one final training of each arm."""

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
from depthfaces.studies.swarm.space import SETTING_NAMES, SettingValues
from depthfaces.studies.swarm.trial import LabelledFaces, SplitFaces, Trial

Array = npt.NDArray[Any]

SEARCH_METHODS: dict[str, Callable[[int, search.Flight, np.random.Generator], search.Search]] = {
    "swarm": Flock,
    "random": Random,
}
# Arm: its title. `alone` is the default without generated faces: the net as a plain classifier.
ARM_TITLES = {
    "swarm": "swarm",
    "random": "random search",
    "defaults": "defaults",
    "alone": "defaults, no generated faces",
}


class SearchBudget(NamedTuple):
    """The number of trainings in one generation."""

    population: int


class FlightSettings(NamedTuple):
    """The settings of both searches, with the same budget."""

    ga: SearchBudget
    pso: Pso


class SwarmResults(NamedTuple):
    """The results of all seeds, one list entry per seed.

    `search_records` {search: its evaluations}, `chosen_settings` {arm: settings},
    `held_out` {arm: final training, tested on test people}, `leaky_trials` (the swarm's
    settings under the published protocol: training, true classes).
    """

    search_records: list[dict[str, Record]]
    chosen_settings: list[dict[str, SettingValues]]
    held_out: list[dict[str, Trial]]
    leaky_trials: list[tuple[Trial, Array]]


def run(data: SplitFaces, plan: Swarm, seed: int, threads: int) -> SwarmResults:
    """Run the searches and the final trainings under each seed."""
    run_seeds = [seeding.number(seed, "run", seed_index) for seed_index in range(plan.seeds)]
    search_records = [run_searches(data, plan, run_seed, threads) for run_seed in run_seeds]
    chosen_settings = [choose_settings(records, plan) for records in search_records]
    final_jobs = [
        (seed_index, arm) for seed_index in range(plan.seeds) for arm in (*ARM_TITLES, "leaky")
    ]

    def train_final(job: tuple[int, str]) -> tuple[Trial, Array]:
        seed_index, arm = job
        if arm == "leaky":
            return train_leaky(
                data, chosen_settings[seed_index]["swarm"], plan, run_seeds[seed_index]
            )
        # The same seed for each arm, but not the search's: a lucky start does not count.
        final_seed = seeding.number(run_seeds[seed_index], "final")
        train_faces, test_faces = data.splits["train"], data.splits["test"]
        training_settings = space.training_settings(
            chosen_settings[seed_index][arm], plan, len(data.classes), plan.final_epochs
        )
        return trial.train_and_predict(
            train_faces, test_faces.images, training_settings, final_seed
        ), test_faces.labels

    records = dict(
        zip(final_jobs, side_by_side(train_final, final_jobs, threads, "finals"), strict=True)
    )
    seed_numbers = range(plan.seeds)
    held_out = [
        {arm: records[seed_index, arm][0] for arm in ARM_TITLES} for seed_index in seed_numbers
    ]
    return SwarmResults(
        search_records,
        chosen_settings,
        held_out,
        [records[seed_index, "leaky"] for seed_index in seed_numbers],
    )


def run_searches(data: SplitFaces, plan: Swarm, seed: int, threads: int) -> dict[str, Record]:
    """Run both searches, each with `particles` x `generations` trainings.

    All trainings of a seed start from the same weights and see the same faces.
    """
    train_faces, validation_faces = (
        balanced_subset(data.splits["train"], plan.faces, seed),
        data.splits["validation"],
    )
    search_seed = seeding.number(seed, "search")

    def point_fitness(z: Array) -> float:
        setting_values = space.settings_at(z, plan.ranges)
        training_settings = space.training_settings(
            setting_values, plan, len(data.classes), plan.gan.epochs
        )
        return trial.macro_f1_fitness(
            trial.train_and_predict(
                train_faces, validation_faces.images, training_settings, search_seed
            ),
            validation_faces.labels,
        )

    def score_points(z: Array) -> Scored:
        fitness = np.array(side_by_side(point_fitness, list(z), threads, "trials"))
        return Scored(fitness, np.asarray(z, float), np.zeros((len(z), 2)))

    flight_settings = FlightSettings(SearchBudget(plan.particles), plan.pso)
    return {
        search_name: search.run(
            make_search(
                len(SETTING_NAMES), flight_settings, seeding.stream(seed, "fly", search_name)
            ),
            score_points,
            plan.generations,
        )
        for search_name, make_search in SEARCH_METHODS.items()
    }


def choose_settings(search_records: dict[str, Record], plan: Swarm) -> dict[str, SettingValues]:
    """Return the settings of each arm: the best of each search, and those of the controls."""
    default_values = space.default_settings(plan)
    best_values = {
        search_name: space.settings_at(record.z[record.fitness.argmax()], plan.ranges)
        for search_name, record in search_records.items()
    }
    return {
        **best_values,
        "defaults": default_values,
        "alone": {**default_values, "fake_weight": 0.0},
    }


def train_leaky(
    data: SplitFaces, setting_values: SettingValues, plan: Swarm, seed: int
) -> tuple[Trial, Array]:
    """Train and test by the random split of such studies: one person is on both sides.

    Only train faces are pooled, so held-out people stay unseen. The protocol leaks.
    """
    train_pool = data.splits["train"]
    test_rows, _, train_rows = split(train_pool.labels, seeding.stream(seed, "leaky"))
    training_settings = space.training_settings(
        setting_values, plan, len(data.classes), plan.final_epochs
    )
    leaky_seed = seeding.number(seed, "leaky")
    test_faces = train_pool.pick(test_rows)
    return trial.train_and_predict(
        train_pool.pick(train_rows), test_faces.images, training_settings, leaky_seed
    ), test_faces.labels


def balanced_subset(faces: LabelledFaces, count: int, seed: int) -> LabelledFaces:
    """Return at most `count` faces, as evenly spread over the classes as their numbers allow."""
    rng = seeding.stream(seed, "some")
    shuffled_rows = rng.permutation(len(faces.labels))
    rank_in_class = np.empty(len(shuffled_rows), int)
    for label in np.unique(faces.labels):
        class_rows = shuffled_rows[faces.labels[shuffled_rows] == label]
        rank_in_class[class_rows] = np.arange(len(class_rows))
    return faces.pick(
        np.sort(shuffled_rows[np.argsort(rank_in_class[shuffled_rows], kind="stable")][:count])
    )
