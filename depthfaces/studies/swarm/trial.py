"""One training of a GAN whose discriminator classifies the emotions, and its fitness."""

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


class LabelledFaces(NamedTuple):
    """Faces (n, 64, 64) in [-1, 1], their classes (n,), and their people or groups (n,)."""

    images: Floats
    labels: Array
    owners: Array

    def pick(self, rows: Array) -> "LabelledFaces":
        """Return the faces at `rows`."""
        return LabelledFaces(self.images[rows], self.labels[rows], self.owners[rows])


@dataclass(frozen=True)
class SplitFaces:
    """Real faces by split."""

    classes: list[str]
    splits: dict[str, LabelledFaces]
    people_known: bool  # whether the person of every face is known

    @classmethod
    def from_faces(cls, faces: FaceSet) -> Self:
        """Split a prepared set, at the size of the nets; every split must have every class."""
        table, labels = faces.table, faces.targets
        owners = table["subject"].where(table["subject"] != "", table["group"]).to_numpy(str)
        splits = {}
        for split in SPLITS:
            split_rows = np.flatnonzero(table["split"].to_numpy(str) == split)
            if set(labels[split_rows]) != set(range(len(faces.classes))):
                raise DataError(f"studies.swarm: expected every class in the split {split}")
            splits[split] = LabelledFaces(
                floats(faces.images[split_rows], SIDE), labels[split_rows], owners[split_rows]
            )
        return cls(faces.classes, splits, bool((table["subject"] != "").all()))


class Trial(NamedTuple):
    """The result of one training: class probabilities (n, k) of the images to classify.

    A training that diverged has no generator and gives every class the same probability.
    """

    probabilities: Array
    generator: Generator | None


def train_and_predict(
    train_faces: LabelledFaces, images: Floats, settings: dcgan.Settings, seed: int
) -> Trial:
    """Train on `train_faces`, then classify `images` (m, 64, 64) by the discriminator.

    Its output for "generated" is ignored: all `images` are real faces.
    """
    class_count = settings.design.classes
    try:
        trained_gan = dcgan.fit(train_faces.images, train_faces.labels, settings, seed)
    except IntegrityError:
        return Trial(np.full((len(images), class_count), 1 / class_count), None)
    logits = dcgan.judge(trained_gan.critic, images).astype(float)[:, :class_count]
    return Trial(softmax(logits, axis=1), trained_gan.generator)


def macro_f1_fitness(trial: Trial, labels: Array) -> float:
    """Return the macro-F1 of the predictions, or NaN for a training that diverged."""
    if trial.generator is None:
        return float("nan")
    return float(
        macro_f1(
            confusion_matrix(
                trial.probabilities.argmax(axis=1), labels, trial.probabilities.shape[1]
            )
        )
    )


def confusion_matrix(predicted: Array, labels: Array, class_count: int) -> Array:
    """Return counts (k, k) of class numbers: row = true class, column = predicted class."""
    return np.bincount(labels * class_count + predicted, minlength=class_count**2).reshape(
        class_count, class_count
    )
