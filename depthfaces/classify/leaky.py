"""The published protocol: a random split inside one pool of faces. It leaks, and is named so.

A person's faces, and faces that one generator made alike, stand on both sides, so these numbers say
how alike a pool is, not how well people never seen are recognised.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify import CLASSIFIERS, sets
from depthfaces.classify.pooled import split
from depthfaces.classify.sets import Sets
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params

Array = npt.NDArray[Any]

PART = "leaky"
ARMS = ("published-synthetic", "published-mixed")


class Case(NamedTuple):
    """One fit: inside the set `source`, or inside it and the real train faces (`mixed`)."""

    source: str
    mixed: bool
    model: str

    @property
    def arm(self) -> str:
        """Return the arm's name: `ARMS`, for other sets than `synthetic` with the set's name."""
        return ARMS[self.mixed] + ("" if self.source == "synthetic" else f"-{self.source}")


def cases(views: dict[str, Sets], models: Sequence[str]) -> list[Case]:
    """Return every fit: each generated set, alone and with real faces, by each classifier."""
    names = ["synthetic", *sets.generators(next(iter(views.values())))]
    return [Case(*case) for case in product(names, (False, True), models)]


def run(case: Case, found: Sets, params: Params) -> tuple[FeatureSet, Array]:
    """Return the faces held out and their probabilities (n, k). Held-out people are never used."""
    classes = sorted(set(found["real"].label))
    pool = found[case.source]
    if case.mixed:
        pool = pool.join(found["real"].part("train"))
    rng = seeding.stream(params.seed, "published", case.arm)
    held, tuning, fitted = split(pool.label, rng)
    asked = pool.pick(held)
    train, tuned = (
        sets.sample(pool.pick(rows), classes, case.source, complete=False)
        for rows in (fitted, tuning)
    )
    number = seeding.number(params.seed, "published", case.arm, case.model)
    model = CLASSIFIERS[case.model].fit(train, tuned, number, params.classify)
    return asked, model.predict(asked.x)
