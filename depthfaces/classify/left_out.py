"""Train and validation people left out in turn: what a classifier makes of those it never saw."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.classify.arms import CHANGED
from depthfaces.classify.calibration import margins
from depthfaces.classify.protocol import Job, fit
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params
from depthfaces.verdict.arm import REAL

Array = npt.NDArray[Any]

FOLDS = 8  # with 5, classifiers of so many fewer people are worse, and the kept one seems less sure
LEAST_PEOPLE = 4  # with fewer, what is learned from those left out is chance


class LeftOut(NamedTuple):
    """Margins (n, k) of faces by classifiers that never saw their people; the true classes (n,)."""

    margins: Array
    y: Array
    people: int


def left_out(job: Job, found: Sets, params: Params) -> LeftOut | None:
    """Return the margins of people left out of `job`, each once; None where they are too few.

    They are left out of the real faces and of those augmented from them. A generator has seen all
    train people, so generated faces may still tell of them.
    """
    real = found["real"]
    rng = seeding.stream(params.seed, "left out", job.arm.key, job.model)
    parts = [names for names in folds(real, rng) if is_enough(real, names)]
    if not parts or len(np.concatenate(parts)) < LEAST_PEOPLE:
        return None
    calls = [delayed(_fold)(job, found, names, params) for names in parts]
    with threadpool_limits(1):
        work = Parallel(n_jobs=params.threads, prefer="threads", return_as="generator")
        each = list(tqdm(work(calls), f"people left out of {job.model}", len(calls)))
    scores, y = (np.concatenate(pieces) for pieces in zip(*each, strict=True))
    return LeftOut(scores, y, len(np.concatenate(parts)))


def folds(real: FeatureSet, rng: np.random.Generator) -> list[Array]:
    """Return up to `FOLDS` groups of people, those of train and of validation spread evenly.

    A single validation person is never left out: somebody has to tune.
    """
    orders = [
        rng.permutation(np.unique(real.part(part).people())) for part in ("train", "validation")
    ]
    people = np.concatenate([order for order in orders if order is orders[0] or len(order) > 1])
    count = min(FOLDS, len(people))
    return [people[start::count] for start in range(count)]


def is_enough(real: FeatureSet, names: Array) -> bool:
    """Whether without the people `names` there is each class to train on, and a face to tune on."""
    rest = real.pick(~np.isin(real.people(), names))
    return set(rest.part("train").label) == set(real.label) and "validation" in rest.split


def _fold(job: Job, found: Sets, names: Array, params: Params) -> tuple[Array, Array]:
    """Return margins and classes of the people `names`, by a classifier fitted without them."""
    real = found["real"]
    rest = {
        name: one.pick(~np.isin(one.people(), names)) if name in {REAL, *CHANGED} else one
        for name, one in found.items()
    }
    asked = real.pick(np.isin(real.people(), names))
    y = np.searchsorted(sorted(set(real.label)), asked.label)
    return margins(fit(job, rest, params), asked.x), y
