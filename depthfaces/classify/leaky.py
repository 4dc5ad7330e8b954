"""The published protocol: a random split inside one pool of faces. It leaks, hence the name.

Faces of one person, and near copies by one generator, are on both sides, so these numbers say how
alike a pool is, not how well unseen people are recognised.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify import sets
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.pooled import split
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params
from depthfaces.verdict.arm import LEAKY_ADDED, LEAKY_ALONE, Arm

Array = npt.NDArray[Any]


class PoolFit(NamedTuple):
    """One fit: inside a generated set, or inside it and the real train faces."""

    arm: Arm
    model: str


def plan_pool_fits(views: dict[str, Sets], models: Sequence[str]) -> list[PoolFit]:
    """Return every fit: each generated set, alone and with real faces, by each classifier."""
    source_names = ["synthetic", *sets.generator_names(next(iter(views.values())))]
    pool_arms = [
        Arm(kind, name) for name, kind in product(source_names, (LEAKY_ALONE, LEAKY_ADDED))
    ]
    return [PoolFit(*fields) for fields in product(pool_arms, models)]


def run_pool_fit(pool_fit: PoolFit, feature_sets: Sets, params: Params) -> tuple[FeatureSet, Array]:
    """Return the faces held out of the pool and their probabilities (n, k), without test people."""
    class_names = sorted(set(feature_sets["real"].label))
    pool_faces = feature_sets[pool_fit.arm.source]
    if pool_fit.arm.has_real:
        pool_faces = pool_faces.join(feature_sets["real"].part("train"))
    rng = seeding.stream(params.seed, "published", pool_fit.arm.key)
    held_out_rows, tuning_rows, train_rows = split(pool_faces.label, rng)
    held_out_faces = pool_faces.pick(held_out_rows)
    train_sample, tuning_sample = (
        sets.labelled_sample(
            pool_faces.pick(rows), class_names, pool_fit.arm.source, complete=False
        )
        for rows in (train_rows, tuning_rows)
    )
    fit_seed = seeding.number(params.seed, "published", pool_fit.arm.key, pool_fit.model)
    model = CLASSIFIERS[pool_fit.model].fit(train_sample, tuning_sample, fit_seed, params.classify)
    return held_out_faces, model.predict(held_out_faces.x)
