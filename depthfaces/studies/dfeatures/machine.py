"""Support vector machines over precomputed distances, which all settings share."""

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


class SvmSetting(NamedTuple):
    """Cost C of a margin violation, and gamma of the kernel exp(-gamma |a - b|^2 / columns)."""

    cost: float
    gamma: float


@dataclass(frozen=True)
class KernelDistances:
    """Squared distances of scaled features: train to train (n, n), test to train (m, n).

    The scaler is fitted to the train faces alone. Columns are clipped at `FAR` deviations, so that
    one with little variance there does not dominate the distances of another set.
    """

    train_distances: Array
    test_distances: Array

    @classmethod
    def between(cls, train_features: Array, test_features: Array) -> Self:
        """Compute the distances of features `train_features` (n, D) and `test_features` (m, D)."""
        train_scaled, test_scaled = scale_features(train_features, test_features)
        return cls(
            euclidean_distances(train_scaled, squared=True),
            euclidean_distances(test_scaled, train_scaled, squared=True),
        )

    def decision_scores(self, y: Array, setting: SvmSetting) -> Array:
        """Return class scores (m, k) of the test faces; `y` (n,) are the train class numbers."""
        svm = SVC(C=setting.cost, kernel="precomputed")
        svm.fit(np.exp(-setting.gamma * self.train_distances), y)
        decisions = svm.decision_function(np.exp(-setting.gamma * self.test_distances))
        return (
            np.stack([-decisions, decisions], axis=1)
            if decisions.ndim == 1
            else np.asarray(decisions)
        )


def scale_features(train_features: Array, test_features: Array) -> tuple[Array, Array]:
    """Standardise both by the train features; divide by sqrt(columns), so that lengths are ~1."""
    scaler = StandardScaler().fit(train_features)
    root_columns = np.float32(np.sqrt(train_features.shape[1]))
    train_scaled, test_scaled = (
        scaler.transform(x).clip(-FAR, FAR) / root_columns for x in (train_features, test_features)
    )
    return train_scaled.astype(np.float32), test_scaled.astype(np.float32)


def detector_scores(
    train_features: Array, shown: Array, test_features: Array, cost: float
) -> Array:
    """Return test scores (m, u) of u linear machines, one per column of `shown` (n, u).

    NaN for a column with a single class: there is nothing to learn.
    """
    train_scaled, test_scaled = scale_features(train_features, test_features)
    train_kernel, test_kernel = train_scaled @ train_scaled.T, test_scaled @ train_scaled.T
    return np.stack(
        [_score_detector(train_kernel, column, test_kernel, cost) for column in shown.T], axis=1
    )


def _score_detector(train_kernel: Array, shown: Array, test_kernel: Array, cost: float) -> Array:
    if len(np.unique(shown)) < 2:
        return np.full(len(test_kernel), np.nan)
    svm = SVC(C=cost, kernel="precomputed").fit(train_kernel, shown)
    return np.asarray(svm.decision_function(test_kernel))


def roc_area(*, positive: Array, score: Array, weight: Array) -> Array:
    """Return the area under the ROC curve for each row of weights (w, n), (w,); ties count half.

    It is the probability that a positive face scores above a negative one; NaN for a row in which
    one of the classes has no weight. A `weight` of ones gives the plain area.
    """
    if np.isnan(score).any():
        raise UndefinedError("the train faces are all of one class")
    if positive.all() or not positive.any():
        raise UndefinedError("the test faces are all of one class")
    tie_starts = np.unique(np.sort(score), return_index=True)[1]
    ascending = np.argsort(score, kind="stable")
    positive_weight, negative_weight = (
        np.add.reduceat(weight[:, ascending] * is_kind[ascending], tie_starts, axis=1)
        for is_kind in (positive, ~positive)
    )
    won_pairs = (positive_weight * (np.cumsum(negative_weight, axis=1) - negative_weight / 2)).sum(
        axis=1
    )
    all_pairs = positive_weight.sum(axis=1) * negative_weight.sum(axis=1)
    return np.asarray(
        np.divide(won_pairs, all_pairs, out=np.full(len(weight), np.nan), where=all_pairs > 0)
    )


def out_of_fold_scores(
    fold_distances: Sequence[KernelDistances],
    folds: Sequence[tuple[Array, Array]],
    y: Array,
    setting: SvmSetting,
) -> Array:
    """Return the scores (n, k) of every face by the machine that was not trained on its fold."""
    all_scores = np.zeros((len(y), int(y.max()) + 1))
    for distances, (train_rows, test_rows) in zip(fold_distances, folds, strict=True):
        fold_classes = np.unique(y[train_rows])
        fold_scores = np.full((len(test_rows), all_scores.shape[1]), -np.inf)
        fold_scores[:, fold_classes] = distances.decision_scores(y[train_rows], setting)
        all_scores[test_rows] = fold_scores
    return all_scores
