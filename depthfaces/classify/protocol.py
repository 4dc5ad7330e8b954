"""Every arm x classifier x seed, always judged on held-out real people; each prediction is kept."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.classify import CLASSIFIERS
from depthfaces.classify.arms import Arm, build, plan
from depthfaces.classify.sample import Sample
from depthfaces.errors import DataError, IntegrityError
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params

# Probabilities are stored in thousandths, whole numbers.
STEPS = 1000


class Job(NamedTuple):
    """One fit."""

    arm: Arm
    model: str
    seed: int


def predictions(sets: dict[str, FeatureSet], params: Params) -> pd.DataFrame:
    """Return one row a prediction: arm, model, seed, part, id, subject, label, predicted, p_LABEL.

    `part` is validation (for choices), test, and for the arm `real` also synthetic: how a
    classifier of real faces reads the generated ones. Rows do not depend on the thread count.
    """
    check(sets)
    classes = sorted(set(sets["real"].label))
    train = {name: _sample(found, classes, name) for name, found in training(sets).items()}
    tried = params.classify
    generators = sorted(set(sets) - {"real", "synthetic", "augmented"})
    jobs = [
        Job(*job)
        for job in product(plan(tried.ratios, generators), tried.models, range(tried.seeds))
    ]
    work = Parallel(n_jobs=params.threads, prefer="threads", return_as="generator")
    # One thread a fit and one fit a core: the sums inside are the same whatever `threads` is.
    with threadpool_limits(1):
        done = work(delayed(_run)(job, train, sets, params) for job in jobs)
        return pd.concat(tqdm(done, "fits", len(jobs)), ignore_index=True)


def check(sets: dict[str, FeatureSet]) -> None:
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


def training(sets: dict[str, FeatureSet]) -> dict[str, FeatureSet]:
    """Return the faces of each set that may be trained on: of real ones the train split."""
    return {name: found.part("train") if name == "real" else found for name, found in sets.items()}


def _run(
    job: Job, train: dict[str, Sample], sets: dict[str, FeatureSet], params: Params
) -> pd.DataFrame:
    """Fit one classifier and return its rows."""
    real, k = sets["real"], int(train["real"].y.max()) + 1
    parts = {name: real.part(name) for name in ("validation", "test")}
    if job.arm.name == "real":
        parts["synthetic"] = sets["synthetic"]
    names = ("classify", job.arm.name, job.seed)
    sample = build(job.arm, train, seeding.stream(params.seed, *names, "draw"))
    number = seeding.number(params.seed, *names, job.model)
    classes = sorted(set(real.label))
    validation = _sample(parts["validation"], classes, "validation", complete=False)
    asked = np.concatenate([part.x for part in parts.values()])
    shares = CLASSIFIERS[job.model](sample, validation, asked, number, params.classify)
    assert shares.shape == (len(asked), k), "a column a class"
    return pd.concat(_rows(job, parts, shares, classes), ignore_index=True)


def _rows(
    job: Job, parts: dict[str, FeatureSet], shares: npt.NDArray[Any], classes: list[str]
) -> Iterator[pd.DataFrame]:
    stops = np.cumsum([len(part) for part in parts.values()])[:-1]
    for (name, part), piece in zip(parts.items(), np.split(shares, stops), strict=True):
        thousandths = np.rint(piece * STEPS).astype(int)
        yield pd.DataFrame(
            {
                "arm": job.arm.name,
                "model": job.model,
                "seed": job.seed,
                "part": name,
                "id": part.id,
                "subject": part.subject,
                "label": part.label,
                "predicted": np.array(classes)[piece.argmax(axis=1)],
                **{f"p_{label}": thousandths[:, i] for i, label in enumerate(classes)},
            }
        )


def _sample(found: FeatureSet, classes: list[str], name: str, complete: bool = True) -> Sample:
    """Return features with class numbers; a set to train on has to have every class."""
    missing = sorted(set(classes) - set(found.label))
    if len(found) == 0 or (complete and missing):
        raise DataError(f"{name}: expected faces of {', '.join(classes)}; none of {missing or '?'}")
    strange = sorted(set(found.label) - set(classes))
    if strange:
        raise DataError(f"{name}: expected the labels {', '.join(classes)}, found {strange[0]}")
    return Sample(found.x, np.searchsorted(classes, found.label))
