"""Every arm x classifier x seed, always judged on held-out real people; each prediction is kept."""

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.classify import arms, leaky, sets
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.sample import Classifier
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Classify, Params
from depthfaces.verdict.arm import REAL, SYNTHETIC, Arm
from depthfaces.verdict.predictions import LEAKY, Faces, Run, answers


class Job(NamedTuple):
    """One fit with the faces of all real train people, and its seed."""

    arm: Arm
    model: str
    seed: int = 0


def predictions(views: dict[str, Sets], params: Params) -> pd.DataFrame:
    """Return one row a prediction, with the columns of `verdict.predictions`.

    `part` is validation (for choices) or test; for real faces alone also synthetic and, with the
    first seed, the other generated sets by name: how a classifier of real faces reads generated
    ones; and leaky for the published protocol. Rows do not depend on the thread count.
    """
    for found in views.values():
        sets.check(found)
    tried = params.classify
    jobs = plan_jobs(next(iter(views.values())), tried)
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


def plan_jobs(found: Sets, tried: Classify) -> list[Job]:
    """Return every fit."""
    each = product(arms.plan(tried.doses, found), tried.models, range(tried.seeds))
    return [Job(arm, model, seed) for arm, model, seed in each]


def fit(job: Job, found: Sets, params: Params) -> Classifier:
    """Fit what `job` asks for."""
    classes = sorted(set(found["real"].label))
    train, base = sets.training(found), arms.base(max(params.classify.doses), found)
    names = ("classify", job.arm.key, job.seed)
    used = {name: train[name] for name in ("real", *arms.sources(job.arm, base))}
    samples = {name: sets.sample(one, classes, name) for name, one in used.items()}
    drawn = arms.build(job.arm, base, samples, seeding.stream(params.seed, *names, "draw"))
    held = sets.sample(found["real"].part("validation"), classes, "validation", complete=False)
    number = seeding.number(params.seed, *names, job.model)
    return CLASSIFIERS[job.model].fit(drawn, held, number, params.classify)


def _run(job: Job, found: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier and return its rows."""
    real = found["real"]
    parts = {name: real.part(name) for name in ("validation", "test")}
    if job.arm.kind == REAL:
        generated = [SYNTHETIC, *(sets.generators(found) if job.seed == 0 else [])]
        parts |= {name: found[name] for name in generated}
    asked = np.concatenate([part.x for part in parts.values()])
    return _rows(job, parts, fit(job, found, params).predict(asked), real)


def _leak(case: leaky.Case, found: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier of the published protocol and return its rows."""
    asked, probabilities = leaky.run(case, found, params)
    return _rows(Job(case.arm, case.model), {LEAKY: asked}, probabilities, found["real"])


def _rows(
    job: Job, parts: dict[str, FeatureSet], probabilities: npt.NDArray[Any], real: FeatureSet
) -> pd.DataFrame:
    """Return the rows of all parts; `probabilities` (n, k) are those of all, in order."""
    stops = np.cumsum([len(part) for part in parts.values()])[:-1]
    run = Run(job.arm, sets.people({"real": real}), 0, job.model, job.seed)
    tables = []
    for (name, part), piece in zip(parts.items(), np.split(probabilities, stops), strict=True):
        faces = Faces(part.id, part.people(), part.label)
        tables.append(answers(run, name, faces, sorted(set(real.label)), piece))
    return pd.concat(tables, ignore_index=True)
