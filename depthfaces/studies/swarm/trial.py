"""One training of a GAN whose discriminator names the emotions, and what it is worth."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from depthfaces.classify.scores import macro_f1
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import FaceSet
from depthfaces.splits import SPLITS
from depthfaces.studies import dcgan
from depthfaces.studies.lessons import floats
from depthfaces.studies.nets import SIDE, Generator

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


class Known(NamedTuple):
    """Faces (n, 64, 64) in [-1, 1], their classes (n,), and whose they are (n,)."""

    images: Floats
    labels: Array
    owners: Array

    def pick(self, rows: Array) -> "Known":
        """Return the faces at `rows`."""
        return Known(self.images[rows], self.labels[rows], self.owners[rows])


@dataclass(frozen=True)
class Data:
    """Real faces by split."""

    classes: list[str]
    parts: dict[str, Known]
    people: bool  # whether every face's person is known

    @classmethod
    def of(cls, faces: FaceSet) -> Self:
        """Return the faces of a prepared set at the nets' size; every split has every class."""
        table, labels = faces.table, faces.targets
        owners = table["subject"].where(table["subject"] != "", table["group"]).to_numpy(str)
        parts = {}
        for split in SPLITS:
            rows = np.flatnonzero(table["split"].to_numpy(str) == split)
            if set(labels[rows]) != set(range(len(faces.classes))):
                raise DataError(f"studies.swarm: expected every class in the split {split}")
            parts[split] = Known(floats(faces.images[rows], SIDE), labels[rows], owners[rows])
        return cls(faces.classes, parts, bool((table["subject"] != "").all()))


class Trial(NamedTuple):
    """What one training gives: probabilities of the classes (n, k) on what it was asked.

    A training that diverged has no generator, and gives every class the same probability.
    """

    shares: Array
    generator: Generator | None


def run(train: Known, asked: Floats, settings: dcgan.Settings, seed: int) -> Trial:
    """Train on `train` and ask the discriminator about the faces `asked`.

    Its output for "generated" is left out of the answer: all that is asked is real.
    """
    classes = settings.design.classes
    try:
        trained = dcgan.fit(train.images, train.labels, settings, seed)
    except IntegrityError:
        return Trial(np.full((len(asked), classes), 1 / classes), None)
    logits = dcgan.judge(trained.critic, asked).astype(float)[:, :classes]
    return Trial(softmax(logits, axis=1), trained.generator)


def worth(trial: Trial, labels: Array) -> float:
    """Return the macro-F1 of the answers, or NaN of a training that diverged."""
    if trial.generator is None:
        return float("nan")
    return float(macro_f1(matrix(trial.shares.argmax(axis=1), labels, trial.shares.shape[1])))


def matrix(called: Array, labels: Array, classes: int) -> Array:
    """Return counts (k, k) of class numbers: row = true class, column = called class."""
    return np.bincount(labels * classes + called, minlength=classes**2).reshape(classes, classes)
