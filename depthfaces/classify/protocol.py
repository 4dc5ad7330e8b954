"""Every arm x classifier x seed, evaluated on held-out real people; all predictions are stored."""

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
    """One fit on the faces of all real train people, and its seed."""

    arm: Arm
    model: str
    seed: int = 0


def predictions(views: dict[str, Sets], params: Params) -> pd.DataFrame:
    """Return one row per prediction, with the columns of `verdict.predictions`.

    `part` is validation (for model selection) or test; for the arm of real faces alone also
    synthetic and, with the first seed, the other generated sets by name: predictions of a
    classifier of real faces for generated ones; and leaky for the published protocol. Rows do not
    depend on the number of threads.
    """
    for feature_sets in views.values():
        sets.check_splits(feature_sets)
    settings = params.classify
    jobs = plan_jobs(next(iter(views.values())), settings)
    fit_calls = [delayed(_run_job)(job, views[CLASSIFIERS[job.model].view], params) for job in jobs]
    if settings.published:
        fit_calls += [
            delayed(_run_pool_fit)(pool_fit, views[CLASSIFIERS[pool_fit.model].view], params)
            for pool_fit in leaky.plan_pool_fits(views, settings.models)
        ]
    run_parallel = Parallel(n_jobs=params.threads, prefer="threads", return_as="generator")
    # One thread per fit and one fit per core: sums are the same for any `threads`.
    with threadpool_limits(1):
        return pd.concat(tqdm(run_parallel(fit_calls), "fits", len(fit_calls)), ignore_index=True)


def plan_jobs(feature_sets: Sets, settings: Classify) -> list[Job]:
    """Return every fit."""
    combinations = product(
        arms.plan_arms(settings.doses, feature_sets), settings.models, range(settings.seeds)
    )
    return [Job(arm, model, seed) for arm, model, seed in combinations]


def fit(job: Job, feature_sets: Sets, params: Params) -> Classifier:
    """Fit the classifier of `job` on its arm."""
    class_names = sorted(set(feature_sets["real"].label))
    training_sets = sets.training_sets(feature_sets)
    base_arm = arms.base(max(params.classify.doses), feature_sets)
    stream_names = ("classify", job.arm.key, job.seed)
    used_sets = {
        set_name: training_sets[set_name]
        for set_name in ("real", *arms.source_sets(job.arm, base_arm))
    }
    samples = {
        set_name: sets.labelled_sample(feature_set, class_names, set_name)
        for set_name, feature_set in used_sets.items()
    }
    train_sample = arms.build(
        job.arm, base_arm, samples, seeding.stream(params.seed, *stream_names, "draw")
    )
    validation_sample = sets.labelled_sample(
        feature_sets["real"].part("validation"), class_names, "validation", complete=False
    )
    fit_seed = seeding.number(params.seed, *stream_names, job.model)
    return CLASSIFIERS[job.model].fit(train_sample, validation_sample, fit_seed, params.classify)


def _run_job(job: Job, feature_sets: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier and return its rows."""
    real = feature_sets["real"]
    face_sets = {name: real.part(name) for name in ("validation", "test")}
    if job.arm.kind == REAL:
        generated_names = [
            SYNTHETIC,
            *(sets.generator_names(feature_sets) if job.seed == 0 else []),
        ]
        face_sets |= {name: feature_sets[name] for name in generated_names}
    all_x = np.concatenate([faces.x for faces in face_sets.values()])
    return _prediction_rows(job, face_sets, fit(job, feature_sets, params).predict(all_x), real)


def _run_pool_fit(pool_fit: leaky.PoolFit, feature_sets: Sets, params: Params) -> pd.DataFrame:
    """Fit one classifier of the published protocol and return its rows."""
    held_out_faces, probabilities = leaky.run_pool_fit(pool_fit, feature_sets, params)
    return _prediction_rows(
        Job(pool_fit.arm, pool_fit.model),
        {LEAKY: held_out_faces},
        probabilities,
        feature_sets["real"],
    )


def _prediction_rows(
    job: Job, face_sets: dict[str, FeatureSet], probabilities: npt.NDArray[Any], real: FeatureSet
) -> pd.DataFrame:
    """Return the rows of all `face_sets`, whose `probabilities` (n, k) are in the same order."""
    set_stops = np.cumsum([len(faces) for faces in face_sets.values()])[:-1]
    run = Run(job.arm, sets.people_count({"real": real}), 0, job.model, job.seed)
    tables = []
    for (name, faces), set_probabilities in zip(
        face_sets.items(), np.split(probabilities, set_stops), strict=True
    ):
        face_columns = Faces(faces.id, faces.people(), faces.label)
        tables.append(answers(run, name, face_columns, sorted(set(real.label)), set_probabilities))
    return pd.concat(tables, ignore_index=True)
