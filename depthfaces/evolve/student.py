"""Students for the fitness `useful`, who say which faces a recogniser is still unsure of.

A student is a support vector machine on histograms of gradients: it learns within seconds, and is
of the kind that generated faces are made for. It learns from train people's faces, each once more
as augmentation changes it, and from what a search found for it so far; validation people only say
how sure it may be.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from threadpoolctl import threadpool_limits

from depthfaces import seeding
from depthfaces.classify.sample import Sample, join
from depthfaces.classify.svm import Svm
from depthfaces.errors import DataError
from depthfaces.evolve.fitness import Pair, Recogniser
from depthfaces.evolve.judge import Panel
from depthfaces.evolve.search import Array
from depthfaces.evolve.teacher import Package
from depthfaces.faces import FaceSet
from depthfaces.features.augment import augmented_batches
from depthfaces.features.hog import oriented
from depthfaces.schema import Params

# Cells a side, cells a block side, orientations (Dalal, Triggs 2005): 1,764 numbers a face.
CELLS, BLOCK, ORIENTATIONS = 8, 2, 9
COST = 10.0  # of a face on the wrong side
FLOOR = 1e-6  # a probability of 0 has no logarithm
BATCH = 256  # faces at once


class Student(NamedTuple):
    """A recogniser on one thread, so that nothing hangs on how many cores there are."""

    machine: Svm

    def log_probability(self, faces: Array) -> Array:
        """Return log p(emotion | face), (n, classes), of `faces` (n, S, S) in [-1, 1]."""
        with threadpool_limits(1):
            return np.log(np.maximum(self.machine.predict(described(faces)), FLOOR))


def described(faces: Array) -> Array:
    """Return what a student sees of `faces` (n, S, S), (n, 1764)."""
    parts = [
        oriented(np.asarray(faces[start : start + BATCH]), CELLS, BLOCK, ORIENTATIONS)
        for start in range(0, len(faces), BATCH)
    ]
    return np.concatenate(parts)


@dataclass(frozen=True)
class School:
    """What students learn from: train faces, `real`, with their people's `groups`, and `held` ones.

    The `package` teaches, if it can, one student of everybody. Else each judge of `panel` teaches
    one who learned only from those people whom that judge never met.
    """

    real: Sample
    groups: Array
    held: Sample
    panel: Panel
    package: Package | None
    rounds: int

    @classmethod
    def of(
        cls, train: FaceSet, validation: FaceSet, panel: Panel, params: Params, seed: int
    ) -> Self:
        """Return the school of `train`; `seed` is that of the augmentation."""
        classes = train.classes
        if len(classes) < 2:
            raise DataError(
                f"ga.fitness: useful expected two emotions to tell apart, found {classes}; "
                "take quality"
            )
        number = seeding.number(seed, "students")
        changed = augmented_batches(train, np.arange(len(train)), BATCH, number)
        seen = [described(images) for _, images in train.batches(BATCH)]
        seen += [described(images) for images in changed]
        group = train.table["group"].to_numpy()
        real = Sample(np.concatenate(seen), np.tile(train.targets, 2))
        package = None
        if params.useful.teacher == "package":
            package = Package.of(classes, train.table["unit"].iloc[0], params.preprocess)
        held = _asked(validation, classes, real)
        return cls(real, np.tile(group, 2), held, panel, package, params.useful.rounds)

    def pairs(self, found: Sample | None = None) -> tuple[Pair, ...]:
        """Return students, each with its teacher; they also learn from the faces `found`.

        Those weigh as much as the real ones at most, however many they are.
        """
        if self.package:
            return (Pair(self._student(self.real, found), self.package),)
        return tuple(
            Pair(self._student(self._of(strangers), found), Panel([net], []))
            for net, strangers in zip(self.panel.nets, self.panel.left_out, strict=True)
        )

    def about(self) -> dict[str, Any]:
        """Return who taught, and in how many rounds."""
        return {"teacher": "package" if self.package else "judges", "rounds": self.rounds}

    def _of(self, groups: Array) -> Sample:
        """Return the faces of `groups`; all where those do not show every emotion."""
        mine = self.real.pick(np.isin(self.groups, groups))
        return mine if len(np.unique(mine.y)) == len(np.unique(self.real.y)) else self.real

    def _student(self, real: Sample, found: Sample | None) -> Recogniser:
        train = real
        if found is not None and len(found.y):
            weight = min(1.0, len(real.y) / len(found.y))
            train = join([real, found._replace(w=np.full(len(found.y), weight))])
        with threadpool_limits(1):
            return Student(Svm.of_cost(train, self.held, COST))


def _asked(faces: FaceSet, classes: list[str], like: Sample) -> Sample:
    """Return what a student sees of `faces`, which may be none; columns are those of `like`."""
    seen = [described(images) for _, images in faces.batches(BATCH)]
    targets = [classes.index(label) for label in faces.table["label"]]
    return Sample(np.concatenate([like.x[:0], *seen]), np.array(targets, np.int64))
