"""What fills up the small class, arm by arm. Faces are added to train faces, never to others."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.pooled import split
from depthfaces.features.augment import augment
from depthfaces.studies.balance.cnn import CNN_SIDE
from depthfaces.studies.balance.want import Data, Floats, Imbalance
from depthfaces.studies.lessons import LabelledImages, to_grey_levels

Array = npt.NDArray[Any]

# Titles of the arms. `real` adds the removed faces again: an upper bound for generated faces.
ARM_TITLES = {
    "nothing": "nothing added",
    "classical": "classical augmentation",
    "repeated": "faces repeated",
    "dcgan": "DCGAN",
    "shuffled": "DCGAN, labels by chance",
    "real": "the real faces put away",
}
CONTROL_ARMS = ("classical", "repeated")
LEAKY_ARMS = ("nothing", "dcgan")  # the two that the publication compares


class ArmInputs(NamedTuple):
    """What an arm is built from: real faces, the imbalance, and generated faces by class."""

    data: Data
    imbalance: Imbalance
    generated: dict[int, Floats]
    seed: int

    def arm_stream(self, name: str) -> np.random.Generator:
        """Return the random stream of an arm."""
        return seeding.stream(self.seed, "fill", name)

    def repeat_kept(self, label: int, rng: np.random.Generator) -> Floats:
        """Return as many kept faces of a class as it lacks; each appears before any is repeated."""
        class_rows = self.imbalance.kept_rows[self.data.labels[self.imbalance.kept_rows] == label]
        round_count = -(-int(self.imbalance.missing_counts[label]) // len(class_rows))
        row_order = np.concatenate([rng.permutation(class_rows) for _ in range(round_count)])
        return np.asarray(self.data.images[row_order[: self.imbalance.missing_counts[label]]])


def arm_names(imbalance: Imbalance) -> list[str]:
    """Return the arms of an imbalance; without removed faces there is no arm `real`."""
    return [name for name in FILLERS if name != "real" or len(imbalance.removed_rows)]


def training_set(inputs: ArmInputs, name: str) -> LabelledImages:
    """Return the faces that the arm `name` trains on, at the CNN's size."""
    added_images, added_labels = FILLERS[name](inputs)
    kept_images = inputs.data.grey(inputs.imbalance.kept_rows, CNN_SIDE)
    kept_labels = inputs.data.labels[inputs.imbalance.kept_rows]
    added_levels = to_grey_levels(added_images, CNN_SIDE) if len(added_images) else kept_images[:0]
    return LabelledImages(
        np.concatenate([kept_images, added_levels]),
        np.concatenate([kept_labels, added_labels]).astype(np.int64),
    )


class PooledSplits(NamedTuple):
    """Splits of one pool; `test_is_added` (n,): which test faces were added by the arm."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    test_is_added: Array


def published_splits(inputs: ArmInputs, name: str) -> PooledSplits:
    """Return the splits of the published protocol, as far as it is described.

    One pool of kept train faces and of what the arm adds, split at random: faces of one person, and
    generated ones, stand on both sides. It leaks. Held-out people are not in it.
    """
    whole_pool = training_set(inputs, name)
    test_rows, validation_rows, train_rows = split(
        whole_pool.labels, inputs.arm_stream(f"leaky {name}")
    )
    test_set, validation_set, train_set = (
        LabelledImages(whole_pool.images[rows], whole_pool.labels[rows])
        for rows in (test_rows, validation_rows, train_rows)
    )
    return PooledSplits(
        train_set, validation_set, test_set, test_rows >= len(inputs.imbalance.kept_rows)
    )


FilledFaces = tuple[Floats, Array]


def _fill_lacking(inputs: ArmInputs, fill: Callable[[int], Floats]) -> FilledFaces:
    """Return the faces that `fill` gives for each class that lacks some, and their labels."""
    filled_classes = [(fill(label), label) for label in inputs.imbalance.lacking_classes]
    image_parts = [filled_faces for filled_faces, _ in filled_classes] or [inputs.data.images[:0]]
    label_parts = [np.full(len(filled_faces), label) for filled_faces, label in filled_classes] or [
        np.empty(0, np.int64)
    ]
    return np.concatenate(image_parts), np.concatenate(label_parts)


def _fill_nothing(inputs: ArmInputs) -> FilledFaces:
    return inputs.data.images[:0], np.empty(0, np.int64)


def _fill_classical(inputs: ArmInputs) -> FilledFaces:
    rng = inputs.arm_stream("classical")
    return _fill_lacking(inputs, lambda label: augment(inputs.repeat_kept(label, rng), rng))


def _fill_repeated(inputs: ArmInputs) -> FilledFaces:
    rng = inputs.arm_stream("repeated")
    return _fill_lacking(inputs, lambda label: inputs.repeat_kept(label, rng))


def _fill_dcgan(inputs: ArmInputs) -> FilledFaces:
    return _fill_lacking(inputs, inputs.generated.__getitem__)


def _fill_shuffled(inputs: ArmInputs) -> FilledFaces:
    images, labels = _fill_dcgan(inputs)
    return images, inputs.arm_stream("shuffled").integers(
        len(inputs.data.classes), size=len(labels)
    )


def _fill_real(inputs: ArmInputs) -> FilledFaces:
    removed_rows = inputs.imbalance.removed_rows
    return inputs.data.images[removed_rows], inputs.data.labels[removed_rows]


FILLERS: dict[str, Callable[[ArmInputs], FilledFaces]] = {
    "nothing": _fill_nothing,
    "classical": _fill_classical,
    "repeated": _fill_repeated,
    "dcgan": _fill_dcgan,
    "shuffled": _fill_shuffled,
    "real": _fill_real,
}
