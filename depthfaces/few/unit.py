"""Everything that is learned from one choice of people, and what it says of others."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from depthfaces import seeding
from depthfaces.classify import arms
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.sample import Sample
from depthfaces.faces import FaceSet
from depthfaces.features.pixels import VIEWS
from depthfaces.features.store import describe
from depthfaces.few import sources
from depthfaces.few.choices import People
from depthfaces.few.shared import Shared
from depthfaces.few.task import Task
from depthfaces.schema import Experiment, Params
from depthfaces.verdict.arm import REAL, SHUFFLED, TOPPED, Arm
from depthfaces.verdict.predictions import Faces, Run, answers

Array = npt.NDArray[Any]
SHOWN = 2  # faces of a class on the contact sheet
Views = dict[str, Array]  # of faces, what each kind of classifier reads: (n, D) by name
Samples = dict[str, tuple[Views, Array]]  # of each set, its faces and their class numbers


class Unit(NamedTuple):
    """The people learned from, and the rows of the faces that are asked."""

    learned: People
    asked: Array


class Lesson(NamedTuple):
    """The sets that arms are made of, what is asked after, the seed of it all, and the classes."""

    samples: Samples
    asked: Views
    seed: int
    names: tuple[str, ...] = ()


def middle(wanted: Experiment) -> float:
    """Return the dose that is taken where none can be chosen, and that topped arms stand on."""
    return sorted(wanted.doses)[len(wanted.doses) // 2]


def plan(wanted: Experiment, known: Sequence[str]) -> list[Arm]:
    """Return the arms; `known` names the controls that there are.

    Every control and every source is given in each dose; sources also in other weights.
    """
    usual = middle(wanted)
    made = [Arm(TOPPED, name, dose) for name in wanted.sources for dose in wanted.doses]
    weighted = [
        Arm(TOPPED, name, usual, weight)
        for name in wanted.sources
        for weight in wanted.weights
        if weight != 1
    ]
    return [
        Arm(REAL),
        *arms.controls(wanted.doses, known),
        *made,
        *weighted,
        Arm(SHUFFLED, wanted.sources[0], usual),
    ]


def views(images: Array, params: Params) -> Views:
    """Return what classifiers read of prepared faces (n, S, S)."""
    with threadpool_limits(1):
        work = Parallel(params.threads, backend="threading")
        pieces = np.array_split(images, max(1, len(images) // 256))
        found = work(delayed(describe)(piece, params.features) for piece in pieces)
    names = dict(zip(VIEWS, ("x", "pixels"), strict=True))
    return {
        view: np.concatenate([getattr(one, name) for one in found]) for view, name in names.items()
    }


def run(
    task: Task, unit: Unit, asked: Views, params: Params, shared: Shared
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Return the answers of every arm and classifier, and some faces of each set that they saw.

    `asked` are the views of the faces `unit.asked`, `shared` is what all units have. The
    draw is left for the caller to number.
    """
    params = params.of_unit(task.faces.table["unit"].iloc[0])
    seed = seeding.number(params.seed, "few", *unit.learned)
    torch.set_num_threads(params.threads)
    few = task.faces.pick(task.rows(unit.learned))
    few.table["split"], few.table["group"] = "train", few.people()
    samples, shown = {}, {}
    for name, images, y in sets(few, params, shared, seed):
        samples[name] = views(images, params), y
        shown[name] = some(images, y)
    wanted = [
        (arm, model)
        for arm in plan(params.experiment, list(samples))
        for model in params.experiment.models
    ]
    faces = Faces(
        task.faces.table["id"].to_numpy(str)[unit.asked],
        task.person[unit.asked],
        task.label[unit.asked],
    )
    lesson = Lesson(samples, asked, seed, tuple(few.classes))
    work = Parallel(params.threads, prefer="threads")
    with threadpool_limits(1):
        called = work(delayed(fit)(arm, model, lesson, params) for arm, model in wanted)
    tables = []
    for (arm, model), probabilities in zip(wanted, called, strict=True):
        known = Run(arm, len(unit.learned), 0, model, 0)
        tables.append(answers(known, "test", faces, few.classes, probabilities))
    return pd.concat(tables, ignore_index=True), shown


def some(images: Array, y: Array) -> Array:
    """Return `SHOWN` faces of each class, spread evenly, class by class (k * SHOWN, S, S)."""
    rows = [np.flatnonzero(y == number) for number in np.unique(y)]
    spread = [row[np.linspace(0, len(row) - 1, SHOWN).astype(int)] for row in rows]
    return np.asarray(images[np.concatenate(spread)])


def sets(
    few: FaceSet, params: Params, shared: Shared, seed: int
) -> Iterator[tuple[str, Array, Array]]:
    """Yield (name, faces, class numbers): real ones, changed ones, and those of each source."""
    wanted, real = params.experiment, few.targets
    times = int(np.ceil(max(wanted.doses)))
    yield REAL, np.asarray(few.images, np.float32), real
    for name, images in sources.changed(few, times, params, seed):
        yield name, images, np.tile(real, times)
    counts = np.ceil(max(wanted.doses) * np.bincount(real)).astype(int)
    labels = np.repeat(np.arange(len(counts)), counts)
    for name, images in sources.made(few, labels, params, shared, seed):
        yield name, images, labels


def fit(arm: Arm, model: str, lesson: Lesson, params: Params) -> Array:
    """Return the probabilities (n, k) that a classifier which learned `arm` gives those asked.

    Nobody is left to tune on: a classifier that tunes does so on the real faces it learns from.
    """
    view = CLASSIFIERS[model].view
    seen = {
        name: Sample(found[view], y, names=lesson.names)
        for name, (found, y) in lesson.samples.items()
    }
    base = arms.base(middle(params.experiment), seen)
    train = arms.build(arm, base, seen, seeding.stream(lesson.seed, arm.key, model, "draw"))
    number = seeding.number(lesson.seed, arm.key, model, "fit")
    fitted = CLASSIFIERS[model].fit(train, seen[REAL], number, params.classify)
    return fitted.predict(lesson.asked[view])
