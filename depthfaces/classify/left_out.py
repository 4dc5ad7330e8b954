"""Train and validation people left out in turn: predictions for people unseen in training."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.classify.arms import CLASSICAL_SETS
from depthfaces.classify.calibration import class_margins
from depthfaces.classify.protocol import Job, fit
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params
from depthfaces.verdict.arm import REAL

Array = npt.NDArray[Any]

FOLDS = 8  # with 5, fits lack so many people that the final classifier seems underconfident
MIN_PEOPLE = 4  # with fewer, a calibrator fits chance


class LeftOut(NamedTuple):
    """Margins (n, k) of faces by classifiers that never saw their people; the true classes (n,)."""

    margins: Array
    y: Array
    people: int


def left_out_margins(job: Job, feature_sets: Sets, params: Params) -> LeftOut | None:
    """Return the margins of people left out of `job`, each once; None where they are too few.

    They are left out of the real faces and of their augmentations. A generator was trained on all
    train people, so generated faces may still resemble them.
    """
    real = feature_sets["real"]
    rng = seeding.stream(params.seed, "left out", job.arm.key, job.model)
    fold_people = [fold for fold in people_folds(real, rng) if is_enough(real, fold)]
    if not fold_people or len(np.concatenate(fold_people)) < MIN_PEOPLE:
        return None
    fold_calls = [delayed(_fold_margins)(job, feature_sets, fold, params) for fold in fold_people]
    with threadpool_limits(1):
        run_parallel = Parallel(n_jobs=params.threads, prefer="threads", return_as="generator")
        fold_results = list(
            tqdm(run_parallel(fold_calls), f"people left out of {job.model}", len(fold_calls))
        )
    margins, y = (np.concatenate(fold_arrays) for fold_arrays in zip(*fold_results, strict=True))
    return LeftOut(margins, y, len(np.concatenate(fold_people)))


def people_folds(real: FeatureSet, rng: np.random.Generator) -> list[Array]:
    """Return up to `FOLDS` groups of people, those of train and of validation spread evenly.

    A single validation person is never left out: tuning needs one.
    """
    split_people = [
        rng.permutation(np.unique(real.part(split).people())) for split in ("train", "validation")
    ]
    people = np.concatenate(
        [
            shuffled_people
            for shuffled_people in split_people
            if shuffled_people is split_people[0] or len(shuffled_people) > 1
        ]
    )
    count = min(FOLDS, len(people))
    return [people[start::count] for start in range(count)]


def is_enough(real: FeatureSet, people: Array) -> bool:
    """Return whether faces of each class to train on and one to tune on remain without `people`."""
    other_faces = real.pick(~np.isin(real.people(), people))
    return (
        set(other_faces.part("train").label) == set(real.label)
        and "validation" in other_faces.split
    )


def _fold_margins(job: Job, feature_sets: Sets, fold: Array, params: Params) -> tuple[Array, Array]:
    """Return margins and classes of the people `fold`, by a classifier fitted without them."""
    real = feature_sets["real"]
    remaining_sets = {
        set_name: feature_set.pick(~np.isin(feature_set.people(), fold))
        if set_name in {REAL, *CLASSICAL_SETS}
        else feature_set
        for set_name, feature_set in feature_sets.items()
    }
    fold_faces = real.pick(np.isin(real.people(), fold))
    y = np.searchsorted(sorted(set(real.label)), fold_faces.label)
    return class_margins(fit(job, remaining_sets, params), fold_faces.x), y
