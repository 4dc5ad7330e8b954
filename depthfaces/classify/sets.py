"""The sets behind the experiment: checked, and made ready to be trained on."""

from typing import Any

import numpy as np

from depthfaces.classify.sample import Sample
from depthfaces.errors import DataError, IntegrityError
from depthfaces.features.store import FeatureSet
from depthfaces.verdict.arm import CLASSICAL, REAL, SYNTHETIC

Sets = dict[str, FeatureSet]


def check(sets: Sets) -> None:
    """Refuse sets in which two splits share a person, or a test face stands outside of test."""
    real = sets["real"]
    known = real.subject != ""
    owners: dict[str, str] = {}
    for subject, split in zip(real.subject[known], real.split[known], strict=True):
        if owners.setdefault(subject, split) != split:
            raise IntegrityError(
                f"real.npz: subject {subject} is in {owners[subject]} and in {split}, expected one "
                "split; run `dvc repro preprocess`"
            )
    for split in ("train", "validation", "test"):
        if split not in real.split:
            raise DataError(
                f"real.npz: expected faces in the split {split}, found none; more people are "
                "needed, or another preprocess.validation and preprocess.test"
            )
    held_out = {row.tobytes() for row in real.part("test").x}
    for name, found in sets.items():
        if any(row.tobytes() in held_out for row in found.x[found.split != "test"]):
            raise IntegrityError(
                f"{name}.npz: a face equals a held-out test face, expected none; "
                "whatever made it has seen the test split"
            )
        if name != "real" and "test" in found.split:
            raise IntegrityError(f"{name}.npz: expected no face in the split test, found some")


def training(sets: Sets) -> Sets:
    """Return the faces of each set that may be trained on: of real ones the train split."""
    return {name: found.part("train") if name == "real" else found for name, found in sets.items()}


def generators(sets: Sets) -> list[str]:
    """Return the names of the generated sets beside `synthetic`."""
    return sorted(set(sets) - {REAL, SYNTHETIC, *CLASSICAL})


def people(sets: Sets) -> int:
    """Return how many people the real train faces belong to."""
    return len(np.unique(sets["real"].part("train").people()))


def sample(found: FeatureSet, classes: list[str], name: str, complete: bool = True) -> Sample:
    """Return features with class numbers; a set to train on has to have every class."""
    missing: Any = sorted(set(classes) - set(found.label))
    if len(found) == 0 or (complete and missing):
        raise DataError(f"{name}: expected faces of {', '.join(classes)}; none of {missing or '?'}")
    strange = sorted(set(found.label) - set(classes))
    if strange:
        raise DataError(f"{name}: expected the labels {', '.join(classes)}, found {strange[0]}")
    return Sample(found.x, np.searchsorted(classes, found.label), names=tuple(classes))
