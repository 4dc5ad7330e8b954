"""The published protocol: a random split inside one pool of faces. It leaks, and is named so.

A person's faces, and faces that one generator made alike, stand on both sides, so these numbers say
how alike a pool is, not how well people never seen are recognised.
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


class Case(NamedTuple):
    """One fit: inside a generated set, or inside it and the real train faces."""

    arm: Arm
    model: str


def cases(views: dict[str, Sets], models: Sequence[str]) -> list[Case]:
    """Return every fit: each generated set, alone and with real faces, by each classifier."""
    names = ["synthetic", *sets.generators(next(iter(views.values())))]
    arms = [Arm(kind, name) for name, kind in product(names, (LEAKY_ALONE, LEAKY_ADDED))]
    return [Case(*case) for case in product(arms, models)]


def run(case: Case, found: Sets, params: Params) -> tuple[FeatureSet, Array]:
    """Return the faces held out and their probabilities (n, k). Held-out people are never used."""
    classes = sorted(set(found["real"].label))
    pool = found[case.arm.source]
    if case.arm.has_real:
        pool = pool.join(found["real"].part("train"))
    rng = seeding.stream(params.seed, "published", case.arm.key)
    held, tuning, fitted = split(pool.label, rng)
    asked = pool.pick(held)
    train, tuned = (
        sets.sample(pool.pick(rows), classes, case.arm.source, complete=False)
        for rows in (fitted, tuning)
    )
    number = seeding.number(params.seed, "published", case.arm.key, case.model)
    model = CLASSIFIERS[case.model].fit(train, tuned, number, params.classify)
    return asked, model.predict(asked.x)
