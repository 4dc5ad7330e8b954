"""The feature sets of the experiment: checks, and the samples to train on."""

from typing import Any

import numpy as np

from depthfaces.classify.sample import Sample
from depthfaces.errors import DataError, IntegrityError
from depthfaces.features.store import FeatureSet
from depthfaces.verdict.arm import CLASSICAL, REAL, SYNTHETIC

Sets = dict[str, FeatureSet]


def check_splits(feature_sets: Sets) -> None:
    """Raise if two splits share a person or a test face is in another split or set."""
    real = feature_sets["real"]
    has_subject = real.subject != ""
    split_of_subject: dict[str, str] = {}
    for subject, split in zip(real.subject[has_subject], real.split[has_subject], strict=True):
        if split_of_subject.setdefault(subject, split) != split:
            raise IntegrityError(
                f"real.npz: subject {subject} is in {split_of_subject[subject]} and in "
                f"{split}, expected one split; run `dvc repro preprocess`"
            )
    for split in ("train", "validation", "test"):
        if split not in real.split:
            raise DataError(
                f"real.npz: expected faces in the split {split}, found none; more people are "
                "needed, or another preprocess.validation and preprocess.test"
            )
    test_rows = {row.tobytes() for row in real.part("test").x}
    for set_name, feature_set in feature_sets.items():
        if any(row.tobytes() in test_rows for row in feature_set.x[feature_set.split != "test"]):
            raise IntegrityError(
                f"{set_name}.npz: a face equals a held-out test face, expected none; "
                "whatever made it has seen the test split"
            )
        if set_name != "real" and "test" in feature_set.split:
            raise IntegrityError(f"{set_name}.npz: expected no face in the split test, found some")


def training_sets(feature_sets: Sets) -> Sets:
    """Return the faces of each set that may be trained on: the train split of the real set."""
    return {
        set_name: feature_set.part("train") if set_name == "real" else feature_set
        for set_name, feature_set in feature_sets.items()
    }


def generator_names(feature_sets: Sets) -> list[str]:
    """Return the names of the generated sets beside `synthetic`."""
    return sorted(set(feature_sets) - {REAL, SYNTHETIC, *CLASSICAL})


def people_count(feature_sets: Sets) -> int:
    """Return the number of people in the real train faces."""
    return len(np.unique(feature_sets["real"].part("train").people()))


def labelled_sample(
    feature_set: FeatureSet, class_names: list[str], set_name: str, complete: bool = True
) -> Sample:
    """Return features with class numbers; with `complete` every class has to be there."""
    missing_classes: Any = sorted(set(class_names) - set(feature_set.label))
    if len(feature_set) == 0 or (complete and missing_classes):
        raise DataError(
            f"{set_name}: expected faces of {', '.join(class_names)}; "
            f"none of {missing_classes or '?'}"
        )
    unknown_labels = sorted(set(feature_set.label) - set(class_names))
    if unknown_labels:
        raise DataError(
            f"{set_name}: expected the labels {', '.join(class_names)}, found {unknown_labels[0]}"
        )
    return Sample(
        feature_set.x, np.searchsorted(class_names, feature_set.label), names=tuple(class_names)
    )
