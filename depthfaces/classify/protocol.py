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
from depthfaces.classify import CLASSIFIERS, leaky, sets
from depthfaces.classify.arms import Arm, build, fewer, plan, plan_few
from depthfaces.classify.sample import Classifier
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params

# Probabilities are stored in thousandths, whole numbers.
STEPS = 1000


class Job(NamedTuple):
    """One fit with a `fraction` of the real train people."""

    arm: Arm
    model: str
    seed: int
    fraction: float = 1.0


def predictions(views: dict[str, Sets], params: Params) -> pd.DataFrame:
    """Return one row a prediction.

    Columns: arm, model, seed, part, id, subject, label, predicted, p_LABEL (thousandths) for every
    label, fraction. `part` is validation (for choices) or test; for the arm `real` also synthetic
    and, with the first seed, the other generated sets by name: how a classifier of real faces reads
    generated ones; and leaky for the published protocol. Rows do not depend on the thread count.
    """
    for found in views.values():
        sets.check(found)
    tried = params.classify
    every = plan(tried.ratios, sets.generators(next(iter(views.values()))))
    seeds = range(tried.seeds)
    jobs = [Job(*job) for job in product(every, tried.models, seeds)]
    for share in sorted({share for share in tried.fractions if share < 1}, reverse=True):
        few = plan_few(tried.few_ratio, share)
        jobs += [Job(*job, share) for job in product(few, tried.models, seeds)]
    calls = [delayed(_run)(job, views[CLASSIFIERS[job.model].view], params) for job in jobs]
    if tried.published:
        calls += [
            delayed(_leak)(case, views[CLASSIFIERS[case.model].view], params)
            for case in leaky.cases(views, tried.models)
        ]
    work = Parallel(n_jobs=params.threads, prefer="threads", return_as="generator")
    # One thread a fit and one fit a core: the sums inside are the same whatever `threads` is.
    with threadpool_limits(1):
        return pd.concat(tqdm(work(calls), "fits", len(calls)), ignore_index=True)


def fit(job: Job, found: Sets, params: Params) -> Classifier:
    """Fit what `job` asks for."""
    classes = sorted(set(found["real"].label))
    train = sets.training(found)
    if job.fraction < 1:
        train = fewer(train, job.fraction, seeding.stream(params.seed, "fraction", job.seed))
    used = {name: train[name] for name in {"real", job.arm.source} - {""}}
    samples = {name: sets.sample(one, classes, name) for name, one in used.items()}
    names: tuple[str | int, ...] = ("classify", job.arm.name, job.seed)
    if job.fraction < 1:
        names += (f"{job.fraction:g}",)
    drawn = build(job.arm, samples, seeding.stream(params.seed, *names, "draw"))
    held = sets.sample(found["real"].part("validation"), classes, "validation", complete=False)
    number = seeding.number(params.seed, *names, job.model)
    return CLASSIFIERS[job.model].fit(drawn, held, number, params.classify)


def _run(job: Job, found: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier and return its rows."""
    real = found["real"]
    parts = {name: real.part(name) for name in ("validation", "test")}
    if job.arm.name == "real" and job.fraction == 1:
        asked = ["synthetic", *(sets.generators(found) if job.seed == 0 else [])]
        parts |= {name: found[name] for name in asked}
    shares = fit(job, found, params).predict(np.concatenate([part.x for part in parts.values()]))
    told = {"arm": job.arm.name, "model": job.model, "seed": job.seed, "fraction": job.fraction}
    classes = sorted(set(real.label))
    return pd.concat(_rows(told, parts, shares, classes), ignore_index=True)


def _leak(case: leaky.Case, found: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier of the published protocol and return its rows."""
    asked, shares = leaky.run(case, found, params)
    told = {"arm": case.arm, "model": case.model, "seed": 0, "fraction": 1.0}
    classes = sorted(set(found["real"].label))
    return pd.concat(_rows(told, {leaky.PART: asked}, shares, classes), ignore_index=True)


def _rows(
    told: dict[str, Any],
    parts: dict[str, FeatureSet],
    shares: npt.NDArray[Any],
    classes: list[str],
) -> Iterator[pd.DataFrame]:
    """Yield the rows of each part; `shares` (n, k) are the probabilities of all, in order."""
    assert shares.shape[1] == len(classes), "a column a class"
    stops = np.cumsum([len(part) for part in parts.values()])[:-1]
    for (name, part), piece in zip(parts.items(), np.split(shares, stops), strict=True):
        thousandths = np.rint(piece * STEPS).astype(int)
        yield pd.DataFrame(
            {
                **{key: told[key] for key in ("arm", "model", "seed")},
                "part": name,
                "id": part.id,
                "subject": part.subject,
                "label": part.label,
                "predicted": np.array(classes)[piece.argmax(axis=1)],
                **{f"p_{label}": thousandths[:, i] for i, label in enumerate(classes)},
                "fraction": told["fraction"],
            }
        )
