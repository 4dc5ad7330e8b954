"""What fills a want, arm by arm. Whatever fills it is added to train faces, never to others."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.pooled import split
from depthfaces.features.augment import augment
from depthfaces.studies.balance.cnn import SIDE
from depthfaces.studies.balance.want import Data, Floats, Want
from depthfaces.studies.lessons import Lesson, grey

Array = npt.NDArray[Any]

# Arm: in words. `real` brings the faces put away back: what better faces could bring at most.
WORDS = {
    "nothing": "nothing added",
    "classical": "classical augmentation",
    "repeated": "faces repeated",
    "dcgan": "DCGAN",
    "shuffled": "DCGAN, labels by chance",
    "real": "the real faces put away",
}
CONTROLS = ("classical", "repeated")
LEAKY = ("nothing", "dcgan")  # the two that the publication compares


class Ground(NamedTuple):
    """One draw of the want: real faces, who of them stays, and the faces made for each class."""

    data: Data
    want: Want
    made: dict[int, Floats]
    seed: int

    def stream(self, name: str) -> np.random.Generator:
        """Return the stream of an arm."""
        return seeding.stream(self.seed, "fill", name)

    def drawn(self, label: int, rng: np.random.Generator) -> Floats:
        """Return as many kept faces of a class as it lacks: each one before any comes twice."""
        own = self.want.kept[self.data.labels[self.want.kept] == label]
        times = -(-int(self.want.missing[label]) // len(own))
        order = np.concatenate([rng.permutation(own) for _ in range(times)])
        return np.asarray(self.data.images[order[: self.want.missing[label]]])


def arms(want: Want) -> list[str]:
    """Return the arms of a want; where no face was put away none can come back."""
    return [name for name in FILL if name != "real" or len(want.away)]


def lesson(ground: Ground, name: str) -> Lesson:
    """Return the faces that the arm `name` trains on, at the CNN's size."""
    images, labels = FILL[name](ground)
    kept = ground.data.grey(ground.want.kept, SIDE)
    real = ground.data.labels[ground.want.kept]
    added = grey(images, SIDE) if len(images) else kept[:0]
    return Lesson(np.concatenate([kept, added]), np.concatenate([real, labels]).astype(np.int64))


class Pool(NamedTuple):
    """Parts of one pool; `made` (n,) tells which faces of the test part were added by the arm."""

    train: Lesson
    validation: Lesson
    test: Lesson
    made: Array


def published(ground: Ground, name: str) -> Pool:
    """Return train, validation and test of the publication's way, as far as it can be told.

    One pool of kept train faces and of what the arm adds, split at random: faces of one person, and
    generated ones, stand on both sides. It leaks. Held-out people are not in it.
    """
    whole = lesson(ground, name)
    held, tuned, fitted = split(whole.labels, ground.stream(f"leaky {name}"))
    test, validation, train = (
        Lesson(whole.images[rows], whole.labels[rows]) for rows in (held, tuned, fitted)
    )
    return Pool(train, validation, test, held >= len(ground.want.kept))


Filled = tuple[Floats, Array]


def _join(ground: Ground, fill: Callable[[int], Floats]) -> Filled:
    """Return what `fill` gives for each class that lacks faces, and the classes."""
    parts = [(fill(label), label) for label in ground.want.lacking]
    images = [part for part, _ in parts] or [ground.data.images[:0]]
    labels = [np.full(len(part), label) for part, label in parts] or [np.empty(0, np.int64)]
    return np.concatenate(images), np.concatenate(labels)


def _nothing(ground: Ground) -> Filled:
    return ground.data.images[:0], np.empty(0, np.int64)


def _classical(ground: Ground) -> Filled:
    rng = ground.stream("classical")
    return _join(ground, lambda label: augment(ground.drawn(label, rng), rng))


def _repeated(ground: Ground) -> Filled:
    rng = ground.stream("repeated")
    return _join(ground, lambda label: ground.drawn(label, rng))


def _dcgan(ground: Ground) -> Filled:
    return _join(ground, ground.made.__getitem__)


def _shuffled(ground: Ground) -> Filled:
    images, labels = _dcgan(ground)
    return images, ground.stream("shuffled").integers(len(ground.data.classes), size=len(labels))


def _real(ground: Ground) -> Filled:
    away = ground.want.away
    return ground.data.images[away], ground.data.labels[away]


FILL: dict[str, Callable[[Ground], Filled]] = {
    "nothing": _nothing,
    "classical": _classical,
    "repeated": _repeated,
    "dcgan": _dcgan,
    "shuffled": _shuffled,
    "real": _real,
}
