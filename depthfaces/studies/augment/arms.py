"""The training sets, arm by arm. Generated faces are added to train faces alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.pooled import split
from depthfaces.schema.studies import Augment
from depthfaces.studies.augment.change import ChangeRanges
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.filters import class_thresholds, is_realistic
from depthfaces.studies.augment.made import GeneratedFaces
from depthfaces.studies.augment.prepare import entropy
from depthfaces.studies.lessons import Bytes, LabelledImages, to_grey_levels

Array = npt.NDArray[Any]
CONTROL_ARMS = ("plain", "real", "unfiltered")
LEAKY_ARMS = ("leaky-real", "leaky-added")


class GeneratedPool(NamedTuple):
    """Generated faces as net input, and which pass the filters of entropy and of realism."""

    faces: LabelledImages
    passes_entropy: Array
    passes_realism: Array

    @property
    def passes_both(self) -> Array:
        """Return which faces pass both filters."""
        return self.passes_entropy & self.passes_realism


class Arm(NamedTuple):
    """Train and validation set of one arm, `test_sets` {name: faces}, and their `test_labels`."""

    train: LabelledImages
    validation: LabelledImages
    test_sets: Mapping[str, Bytes]
    test_labels: Array
    augmentation: ChangeRanges | None
    generated_count: int = 0  # how many of the train faces are generated


def faces_to_generate(data: Data, section: Augment) -> Array:
    """Return how many faces to generate of each class, enough for every arm."""
    train_counts = np.bincount(data.labels[data.rows("train")], minlength=len(data.classes))
    largest_ratio = max([0.0, *section.made.ratios])
    drawn_count = section.made.drawn * section.made.per_class
    return np.asarray(np.maximum(drawn_count, np.ceil(largest_ratio * train_counts).astype(int)))


def judge_generated(generated: GeneratedFaces, data: Data, section: Augment) -> GeneratedPool:
    """Return the generated faces with the decisions of both filters."""
    grey_levels = to_grey_levels(generated.images, section.size)
    minimum_scores = class_thresholds(
        generated.real_scores, generated.real_labels, section.made.realism, len(data.classes)
    )
    return GeneratedPool(
        LabelledImages(data.as_net_input(grey_levels), generated.labels),
        ~data.entropy_bounds.is_outside(entropy(grey_levels)),
        is_realistic(generated.generated_scores, generated.labels, minimum_scores),
    )


def first_rows(labels: Array, is_allowed: Array, counts: Array) -> Array:
    """Return the first `counts[c]` rows of each class c among those that are allowed."""
    chosen_rows = [
        np.flatnonzero(is_allowed & (labels == label))[:count] for label, count in enumerate(counts)
    ]
    return np.concatenate(chosen_rows)


def build_arms(
    data: Data, pool: GeneratedPool, test_sets: Mapping[str, Bytes], section: Augment, seed: int
) -> dict[str, Arm]:
    """Return {name: arm} of all arms: those tested on held-out people, and the two leaky ones."""
    usable_rows = data.rows("train", usable=True)
    real_set, unfiltered_set = data.labelled(usable_rows), data.labelled(data.rows("train"))
    labels = pool.faces.labels
    per_class = np.full(len(data.classes), section.made.per_class)
    every_face = np.ones(len(labels), bool)
    added_set = take(pool.faces, first_rows(labels, every_face, per_class))
    mixed_labels = seeding.stream(seed, "shuffled").permutation(added_set.labels)
    train_sets = {
        "plain": (real_set, 0),
        "real": (real_set, 0),
        "unfiltered": (unfiltered_set, 0),
        "added": join(real_set, added_set),
        "filtered": join(
            real_set, take(pool.faces, first_rows(labels, pool.passes_both, per_class))
        ),
        "shuffled": join(real_set, LabelledImages(added_set.images, mixed_labels)),
    }
    class_sizes = np.bincount(real_set.labels, minlength=len(data.classes))
    for ratio in section.made.ratios:
        ratio_counts = np.rint(ratio * class_sizes).astype(int)
        train_sets[f"ratio@{ratio:g}"] = join(
            real_set, take(pool.faces, first_rows(labels, every_face, ratio_counts))
        )
    validation = data.labelled(data.rows("validation"))
    test_labels = data.labels[data.rows("test")]
    change = ChangeRanges(**section.changes.model_dump())
    arms = {
        name: Arm(
            faces, validation, test_sets, test_labels, None if name == "plain" else change, count
        )
        for name, (faces, count) in train_sets.items()
    }
    rng = seeding.stream(seed, "leaky")
    return arms | {"leaky-real": leaky_arm(real_set, 0, change, rng), "leaky-added": leaky_arm(
        *train_sets["added"], change, rng
    )}  # fmt: skip


def leaky_arm(
    whole_pool: LabelledImages, count: int, change: ChangeRanges, rng: np.random.Generator
) -> Arm:
    """Return an arm of the published protocol: a pool of train faces, split at random.

    Generated faces, and other faces of the same people, are in its test set: it leaks. Held-out
    people are not in it.
    """
    test_rows, validation_rows, train_rows = split(whole_pool.labels, rng)
    train_set, validation_set, test_set = (
        take(whole_pool, rows) for rows in (train_rows, validation_rows, test_rows)
    )
    return Arm(
        train_set, validation_set, {"as they are": test_set.images}, test_set.labels, change, count
    )


def take(image_set: LabelledImages, rows: Array) -> LabelledImages:
    """Return the faces at `rows`."""
    return LabelledImages(image_set.images[rows], image_set.labels[rows])


def join(real_set: LabelledImages, generated_set: LabelledImages) -> tuple[LabelledImages, int]:
    """Return real faces followed by generated ones, and how many these are."""
    joined_images = np.concatenate([real_set.images, generated_set.images])
    return LabelledImages(
        joined_images, np.concatenate([real_set.labels, generated_set.labels])
    ), len(generated_set.labels)
