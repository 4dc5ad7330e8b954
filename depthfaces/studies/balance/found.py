"""What the answers amount to: accuracy, loss, the contrasts, and how good the faces are."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.scores import recall
from depthfaces.metrics.diversity import sameness
from depthfaces.metrics.memory import copying_z
from depthfaces.metrics.undefined import UndefinedError
from depthfaces.studies.balance.arms import CONTROLS
from depthfaces.studies.balance.protocol import Answer, Case, Results, stacked
from depthfaces.studies.balance.want import Data
from depthfaces.studies.intervals import Judge
from depthfaces.studies.lessons import floats, surprise

Array = npt.NDArray[Any]
Interval = list[float]

SMALL = 16  # px: the side at which distances between faces are taken
PAIRS = 200  # of faces, for their mean MS-SSIM


@dataclass(frozen=True)
class Found:
    """The results, and the judge of all arms: their differences are paired."""

    data: Data
    results: Results
    judge: Judge
    seed: int

    @classmethod
    def of(cls, data: Data, results: Results, seed: int) -> Self:
        """Return `results` with the draws of people and seeds."""
        test = data.rows("test")
        seeds = len({case.number for case in results.wants})
        rng = seeding.stream(seed, "bootstrap")
        judge = Judge.over(data.labels[test], data.owners()[test], len(data.classes), seeds, rng)
        return cls(data, results, judge, seed)

    @property
    def shares(self) -> list[float]:
        """Return the shares of the small class that stay, in the order given."""
        return list(dict.fromkeys(case.share for case in self.results.wants))

    def arms(self, share: float) -> dict[str, list[Answer]]:
        """Return the answers of each arm, a seed each."""
        names = dict.fromkeys(name for case, name in self.results.held_out if case.share == share)
        return {name: list(stacked(self.results.held_out, share, name)) for name in names}

    def called(self, share: float, arm: str) -> Array:
        """Return the classes called on test people (seeds, n)."""
        return np.stack([one.shares.argmax(axis=1) for one in self.arms(share)[arm]])

    def accuracy(self, share: float, arm: str) -> Interval:
        """Return the accuracy on test people."""
        return self.judge.interval(self.called(share, arm))

    def loss(self, share: float, arm: str) -> Interval:
        """Return the mean cross-entropy on test people."""
        each = [surprise(one.shares, one.labels) for one in self.arms(share)[arm]]
        return self.judge.mean(np.stack(each))

    def recall(self, share: float, arm: str, label: int) -> Interval:
        """Return the share of a class's faces found."""
        return self.judge.interval(self.called(share, arm), partial(_recall, label=label))

    def over(self, share: float, arm: str, other: str) -> Interval:
        """Return the accuracy of an arm minus that of another."""
        return self.judge.difference(self.called(share, arm), self.called(share, other))

    def control(self, share: float) -> str:
        """Return the control that validation people prefer, by its accuracy over the seeds."""
        label = self.data.labels[self.data.rows("validation")]

        def right(arm: str) -> float:
            answers = self.arms(share)[arm]
            return float(np.mean([one.validation.argmax(axis=1) == label for one in answers]))

        return max(CONTROLS, key=right)

    def leaky(self, share: float, arm: str) -> tuple[float, float]:
        """Return mean accuracy and loss of the published protocol over the seeds."""
        answers = stacked(self.results.leaky, share, arm)
        right = [one.right.mean() for one in answers]
        loss = [surprise(one.shares, one.labels).mean() for one in answers]
        return float(np.mean(right)), float(np.mean(loss))

    def leaky_parts(self, share: float, arm: str) -> tuple[float | None, float | None]:
        """Return the accuracy of the published protocol on real faces and on generated ones.

        All seeds together; None where there are none of them.
        """
        answers = stacked(self.results.leaky, share, arm)
        right = np.concatenate([one.right for one in answers])
        made = np.concatenate([one.made for one in answers])
        real, fake = (float(right[part].mean()) if part.any() else None for part in (~made, made))
        return real, fake

    def looks(self, share: float) -> dict[str, Array]:
        """Return every arm's curve (seeds, looks, 4): step, both losses, validation accuracy."""
        keys = ("step", "train", "validation", "accuracy")
        return {
            arm: np.array([[[look[key] for key in keys] for look in one.curve] for one in answers])
            for arm, answers in self.arms(share).items()
        }


def _recall(matrix: Array, *, label: int) -> Array:
    return recall(matrix)[..., label]


@dataclass(frozen=True)
class Faces:
    """How generated faces of a class compare with the real ones they were made from.

    `sameness`: mean MS-SSIM of two faces, generated and real; `copying`: C_T, below about -3 they
    are copies; None where it is undefined.
    """

    count: int
    from_: int
    epochs: int
    same_made: float | None
    same_real: float | None
    copying: float | None


def faces(found: Found, case: Case, label: int) -> Faces:
    """Return how the faces made in one case for one class came out."""
    data, made = found.data, found.results.made[case, label]
    want = found.results.wants[case]
    own = want.kept[data.labels[want.kept] == label]
    tuned = data.rows("validation")
    held = tuned[data.labels[tuned] == label]
    rng = seeding.stream(found.seed, "pairs", case.name, label)
    points = [_points(images) for images in (data.images[own], data.images[held], made.images)]
    return Faces(
        len(made.images),
        len(own),
        len(made.curve),
        _same(made.images, rng),
        _same(data.images[own], rng),
        _copying(*points),
    )


def nearest(found: Found, case: Case, label: int, images: Array) -> Array:
    """Return the kept real face of the class nearest to each of `images`, (n, S, S)."""
    data, want = found.data, found.results.wants[case]
    own = data.images[want.kept[data.labels[want.kept] == label]]
    apart = np.linalg.norm(_points(images)[:, None] - _points(own)[None], axis=2)
    return np.asarray(own[apart.argmin(axis=1)])


def _points(images: Array) -> Array:
    return floats(images, SMALL).reshape(len(images), -1)


def _same(images: Array, rng: np.random.Generator) -> float | None:
    try:
        return sameness(images=images, label=np.zeros(len(images)), pairs=PAIRS, rng=rng)
    except UndefinedError:
        return None


def _copying(train: Array, held_out: Array, fake: Array) -> float | None:
    try:
        return copying_z(train=train, held_out=held_out, fake=fake)
    except UndefinedError:
        return None
