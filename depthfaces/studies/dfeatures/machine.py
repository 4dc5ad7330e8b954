"""Support vector machines over distances that are computed once: every setting reuses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from depthfaces.classify.svm import FAR
from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


class Setting(NamedTuple):
    """Cost of a face on the wrong side, and gamma of exp(-gamma |a - b|^2 / columns)."""

    cost: float
    gamma: float


@dataclass(frozen=True)
class Gap:
    """Squared distances of scaled faces: `within` the train faces (n, n), `across` to them (m, n).

    The scaler has seen the train faces alone; columns are cut off at `FAR` deviations, so that one
    that hardly varies there does not decide alone how far a face of another set lies.
    """

    within: Array
    across: Array

    @classmethod
    def between(cls, train: Array, asked: Array) -> Self:
        """Measure features `train` (n, D) and `asked` (m, D)."""
        near, far = scaled(train, asked)
        return cls(
            euclidean_distances(near, squared=True), euclidean_distances(far, near, squared=True)
        )

    def scores(self, y: Array, setting: Setting) -> Array:
        """Return a score a class (m, k) of the faces asked; `y` (n,) numbers the train classes."""
        machine = SVC(C=setting.cost, kernel="precomputed")
        machine.fit(np.exp(-setting.gamma * self.within), y)
        found = machine.decision_function(np.exp(-setting.gamma * self.across))
        return np.stack([-found, found], axis=1) if found.ndim == 1 else np.asarray(found)


def scaled(train: Array, asked: Array) -> tuple[Array, Array]:
    """Return both standardised by `train`; over the root of the columns, so that lengths are ~1."""
    scaler = StandardScaler().fit(train)
    root = np.float32(np.sqrt(train.shape[1]))
    near, far = (scaler.transform(x).clip(-FAR, FAR) / root for x in (train, asked))
    return near.astype(np.float32), far.astype(np.float32)


def detectors(train: Array, shown: Array, asked: Array, cost: float) -> Array:
    """Return scores (m, u) of u linear machines, one a column of `shown` (n, u).

    NaN for a column with one class alone: there is nothing to learn.
    """
    near, far = scaled(train, asked)
    within, across = near @ near.T, far @ near.T
    return np.stack([_detector(within, column, across, cost) for column in shown.T], axis=1)


def _detector(within: Array, shown: Array, across: Array, cost: float) -> Array:
    if len(np.unique(shown)) < 2:
        return np.full(len(across), np.nan)
    machine = SVC(C=cost, kernel="precomputed").fit(within, shown)
    return np.asarray(machine.decision_function(across))


def area(*, positive: Array, score: Array, weight: Array) -> Array:
    """Return the area under the ROC curve under each row of weights (w, n), (w,); ties count half.

    It is the chance that a positive face scores above another; a row that gives one of the two
    kinds no weight has none (NaN). `weight` of ones: the plain area.
    """
    if np.isnan(score).any():
        raise UndefinedError("the train faces are all of one class")
    if positive.all() or not positive.any():
        raise UndefinedError("the test faces are all of one class")
    starts = np.unique(np.sort(score), return_index=True)[1]
    order = np.argsort(score, kind="stable")
    yes, no = (
        np.add.reduceat(weight[:, order] * kind[order], starts, axis=1)
        for kind in (positive, ~positive)
    )
    won = (yes * (np.cumsum(no, axis=1) - no / 2)).sum(axis=1)
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    return np.asarray(np.divide(won, pairs, out=np.full(len(weight), np.nan), where=pairs > 0))


def out_of_fold(
    gaps: Sequence[Gap], folds: Sequence[tuple[Array, Array]], y: Array, setting: Setting
) -> Array:
    """Return the scores (n, k) of every face by the machine that was not trained on its fold."""
    found = np.zeros((len(y), int(y.max()) + 1))
    for gap, (train, asked) in zip(gaps, folds, strict=True):
        classes = np.unique(y[train])
        scores = np.full((len(asked), found.shape[1]), -np.inf)
        scores[:, classes] = gap.scores(y[train], setting)
        found[asked] = scores
    return found
