"""What the net is trained on, arm by arm. Generated faces are added to train faces, never else."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.pooled import split
from depthfaces.schema.studies import Augment
from depthfaces.studies.augment.change import Change
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.filters import realistic, thresholds
from depthfaces.studies.augment.made import Made
from depthfaces.studies.augment.prepare import entropy
from depthfaces.studies.lessons import Bytes, Lesson, grey

Array = npt.NDArray[Any]
CONTROLS = ("plain", "real", "unfiltered")
LEAKY = ("leaky-real", "leaky-added")


class Pool(NamedTuple):
    """Generated faces as a net sees them, and which pass the filters of entropy and of realism."""

    lesson: Lesson
    telling: Array
    real: Array

    @property
    def passed(self) -> Array:
        """Return which faces pass both filters."""
        return self.telling & self.real


class Arm(NamedTuple):
    """What one arm trains on, chooses by, and is asked: `asked` {name: faces}, `label` theirs."""

    train: Lesson
    validation: Lesson
    asked: Mapping[str, Bytes]
    label: Array
    how: Change | None
    made: int = 0  # how many of the train faces are generated


def wanted_faces(data: Data, wanted: Augment) -> Array:
    """Return how many faces to generate of each class, enough for every arm."""
    real = np.bincount(data.labels[data.rows("train")], minlength=len(data.classes))
    most = max([0.0, *wanted.made.ratios])
    drawn = wanted.made.drawn * wanted.made.per_class
    return np.asarray(np.maximum(drawn, np.ceil(most * real).astype(int)))


def pool(made: Made, data: Data, wanted: Augment) -> Pool:
    """Return the generated faces, judged."""
    levels = grey(made.images, wanted.size)
    least = thresholds(made.real, made.real_labels, wanted.made.realism, len(data.classes))
    return Pool(
        Lesson(data.ready(levels), made.labels),
        ~data.bounds.flags(entropy(levels)),
        realistic(made.scores, made.labels, least),
    )


def first(labels: Array, allowed: Array, counts: Array) -> Array:
    """Return the first `counts[c]` rows of each class c among the `allowed` ones."""
    chosen = [
        np.flatnonzero(allowed & (labels == label))[:count] for label, count in enumerate(counts)
    ]
    return np.concatenate(chosen)


def build(
    data: Data, found: Pool, asked: Mapping[str, Bytes], wanted: Augment, seed: int
) -> dict[str, Arm]:
    """Return every arm judged on held-out people, by name, and the two of the leaky protocol."""
    rows = data.rows("train", usable=True)
    real, whole = data.lesson(rows), data.lesson(data.rows("train"))
    labels = found.lesson.labels
    usual = np.full(len(data.classes), wanted.made.per_class)
    every = np.ones(len(labels), bool)
    added = take(found.lesson, first(labels, every, usual))
    mixed = seeding.stream(seed, "shuffled").permutation(added.labels)
    lessons = {
        "plain": (real, 0),
        "real": (real, 0),
        "unfiltered": (whole, 0),
        "added": join(real, added),
        "filtered": join(real, take(found.lesson, first(labels, found.passed, usual))),
        "shuffled": join(real, Lesson(added.images, mixed)),
    }
    size = np.bincount(real.labels, minlength=len(data.classes))
    for ratio in wanted.made.ratios:
        counts = np.rint(ratio * size).astype(int)
        lessons[f"ratio@{ratio:g}"] = join(real, take(found.lesson, first(labels, every, counts)))
    validation = data.lesson(data.rows("validation"))
    label = data.labels[data.rows("test")]
    how = Change(**wanted.changes.model_dump())
    arms = {
        name: Arm(lesson, validation, asked, label, None if name == "plain" else how, made)
        for name, (lesson, made) in lessons.items()
    }
    rng = seeding.stream(seed, "leaky")
    return arms | {"leaky-real": leak(real, 0, how, rng), "leaky-added": leak(
        *lessons["added"], how, rng
    )}  # fmt: skip


def leak(lesson: Lesson, made: int, how: Change, rng: np.random.Generator) -> Arm:
    """Return the published protocol: one pool of real train and generated faces, split at random.

    Generated faces, and other faces of the same people, stand in its test part: it leaks. Held-out
    people are not in it.
    """
    held, tuned, fitted = split(lesson.labels, rng)
    train, validation, test = (take(lesson, rows) for rows in (fitted, tuned, held))
    return Arm(train, validation, {"as they are": test.images}, test.labels, how, made)


def take(lesson: Lesson, rows: Array) -> Lesson:
    """Return the faces at `rows`."""
    return Lesson(lesson.images[rows], lesson.labels[rows])


def join(real: Lesson, made: Lesson) -> tuple[Lesson, int]:
    """Return real faces followed by generated ones, and how many these are."""
    images = np.concatenate([real.images, made.images])
    return Lesson(images, np.concatenate([real.labels, made.labels])), len(made.labels)
