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
from depthfaces.classify import CLASSIFIERS, arms, leaky, sets
from depthfaces.classify.sample import Classifier
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Classify, Params
from depthfaces.verdict.arm import CLASSICAL, REAL, SYNTHETIC, Arm
from depthfaces.verdict.predictions import LEAKY, NO_GENERATOR, rows_of

# Probabilities are stored in thousandths, whole numbers.
STEPS = 1000


class Job(NamedTuple):
    """One fit on the faces of so many real `people`, the draw of them and the seed."""

    arm: Arm
    model: str
    people: int
    draw: int = 0
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
    """Return every fit: all people with each seed, fewer people with as many draws of them."""
    everybody, repeats = sets.people(found), range(tried.seeds)
    jobs = [
        Job(arm, model, everybody, seed=seed)
        for arm, model, seed in product(arms.plan(tried.doses, found), tried.models, repeats)
    ]
    few = arms.plan_few(tried.few_doses, found)
    levels = sorted({count for count in tried.people if count < everybody}, reverse=True)
    return jobs + [
        Job(arm, model, count, draw=draw)
        for count, arm, model, draw in product(levels, few, tried.models, repeats)
    ]


def fit(job: Job, found: Sets, params: Params) -> Classifier:
    """Fit what `job` asks for."""
    classes = sorted(set(found["real"].label))
    train, doses = sets.training(found), params.classify.doses
    names: tuple[str | int, ...] = ("classify", job.arm.key, job.seed)
    if job.people < sets.people(found):
        doses = params.classify.few_doses
        train = arms.fewer(train, job.people, seeding.stream(params.seed, "people", job.draw))
        names += (job.people, job.draw)
    used = {name: train[name] for name in ("real", *arms.sources(job.arm))}
    samples = {name: sets.sample(one, classes, name) for name, one in used.items()}
    drawn = arms.build(job.arm, max(doses), samples, seeding.stream(params.seed, *names, "draw"))
    held = sets.sample(found["real"].part("validation"), classes, "validation", complete=False)
    number = seeding.number(params.seed, *names, job.model)
    return CLASSIFIERS[job.model].fit(drawn, held, number, params.classify)


def _run(job: Job, found: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier and return its rows."""
    real, everybody = found["real"], job.people == sets.people(found)
    parts = {name: real.part(name) for name in ("validation", "test")}
    if job.arm.kind == REAL and everybody:
        generated = [SYNTHETIC, *(sets.generators(found) if job.seed == 0 else [])]
        parts |= {name: found[name] for name in generated}
    asked = np.concatenate([part.x for part in parts.values()])
    probabilities = fit(job, found, params).predict(asked)
    classes = sorted(set(real.label))
    return pd.concat(_rows(job, parts, probabilities, classes), ignore_index=True)


def _leak(case: leaky.Case, found: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier of the published protocol and return its rows."""
    asked, probabilities = leaky.run(case, found, params)
    job = Job(case.arm, case.model, sets.people(found))
    classes = sorted(set(found["real"].label))
    return pd.concat(_rows(job, {LEAKY: asked}, probabilities, classes), ignore_index=True)


def _rows(
    job: Job,
    parts: dict[str, FeatureSet],
    probabilities: npt.NDArray[Any],
    classes: list[str],
) -> Iterator[pd.DataFrame]:
    """Yield the rows of each part; `probabilities` (n, k) are those of all, in order."""
    assert probabilities.shape[1] == len(classes), "a column a class"
    stops = np.cumsum([len(part) for part in parts.values()])[:-1]
    generated = job.arm.source and job.arm.source not in CLASSICAL
    for (name, part), piece in zip(parts.items(), np.split(probabilities, stops), strict=True):
        thousandths = np.rint(piece * STEPS).astype(int)
        yield pd.DataFrame(
            {
                **rows_of(job.arm),
                "people": job.people,
                "draw": job.draw,
                "generator": 0 if generated else NO_GENERATOR,
                "model": job.model,
                "seed": job.seed,
                "part": name,
                "id": part.id,
                "person": part.people(),
                "label": part.label,
                "predicted": np.array(classes)[piece.argmax(axis=1)],
                **{f"p_{label}": thousandths[:, i] for i, label in enumerate(classes)},
            }
        )
