"""Areas under ROC curves, with intervals over people and seeds or why they are undefined."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.undefined import UndefinedError
from depthfaces.studies.dfeatures.machine import roc_area
from depthfaces.studies.intervals import LEVEL, Judge
from depthfaces.verdict import statistics

Array = npt.NDArray[Any]
Interval = list[float]  # value, low, high


class RocAreas(NamedTuple):
    """[value, low, high] by column, None with a reason if undefined; the mean of the defined."""

    by_column: list[Interval | None]
    undefined_reasons: dict[int, str]
    mean: Interval | None


def roc_areas(positive: Array, scores: Array, bootstrap: Judge) -> RocAreas:
    """Return the area of each column of `positive` (n, u) by `scores` (seeds, n, u).

    An area is the mean over the seeds; its interval comes from the same bootstrap draws of people
    and seeds as those of the other scores of the study.
    """
    intervals: list[Interval | None] = []
    reasons: dict[int, str] = {}
    all_draws = []
    for column_index, column in enumerate(positive.T):
        try:
            value, draws = _area_draws(column, scores[:, :, column_index], bootstrap)
        except UndefinedError as error:
            reasons[column_index] = str(error)
            intervals.append(None)
            continue
        all_draws.append(np.concatenate([[value], draws]))
        intervals.append(_value_with_interval(all_draws[-1]))
    return RocAreas(
        intervals, reasons, _value_with_interval(np.mean(all_draws, axis=0)) if all_draws else None
    )


def _area_draws(positive: Array, scores: Array, bootstrap: Judge) -> tuple[float, Array]:
    """Return the mean area over the seeds, of all faces and in each draw (NaN for one class)."""
    unit_weights = np.ones((1, len(positive)))
    mean_area = np.mean(
        [roc_area(positive=positive, score=score, weight=unit_weights) for score in scores]
    )
    draw_weights = bootstrap.who[:, bootstrap.person].astype(float)
    seed_areas = [roc_area(positive=positive, score=score, weight=draw_weights) for score in scores]
    seed_weights = bootstrap.which / bootstrap.which.sum(axis=1, keepdims=True)
    return float(mean_area), (np.stack(seed_areas, axis=1) * seed_weights).sum(axis=1)


def _value_with_interval(values: Array) -> Interval:
    """Return [value, low, high] from `values`: the value itself, then its bootstrap draws."""
    finite_draws = values[1:][np.isfinite(values[1:])]
    return [float(values[0]), *statistics.interval(finite_draws, LEVEL)]


def roc_curve(positive: Array, score: Array) -> tuple[Array, Array]:
    """Return the ROC curve: false and true positive rates as the threshold falls."""
    descending = np.argsort(-score, kind="stable")
    # Equal scores pass the threshold together.
    ends_tie = np.append(np.diff(score[descending]) != 0, True)
    true_alarms, false_alarms = (
        np.cumsum(is_kind[descending])[ends_tie] for is_kind in (positive, ~positive)
    )
    rates = [
        np.concatenate([[0], counts / max(counts[-1], 1)]) for counts in (false_alarms, true_alarms)
    ]
    return rates[0], rates[1]
