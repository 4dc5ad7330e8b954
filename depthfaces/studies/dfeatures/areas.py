"""Areas under ROC curves with intervals over people and seeds; undefined ones say why."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.undefined import UndefinedError
from depthfaces.studies.dfeatures.machine import area
from depthfaces.studies.intervals import LEVEL, Judge
from depthfaces.verdict import statistics

Array = npt.NDArray[Any]
Interval = list[float]  # value, low, high


class Areas(NamedTuple):
    """One [value, low, high] a column, or None with its reason; and the mean of those with one."""

    each: list[Interval | None]
    reasons: dict[int, str]
    mean: Interval | None


def areas(positive: Array, scores: Array, judge: Judge) -> Areas:
    """Return the area of each column of `positive` (n, u) by `scores` (seeds, n, u).

    An area is the mean over the seeds; its interval comes from the draws of people and seeds that
    the study's other scores are judged by.
    """
    each: list[Interval | None] = []
    reasons: dict[int, str] = {}
    drawn = []
    for place, column in enumerate(positive.T):
        try:
            value, draws = _draws(column, scores[:, :, place], judge)
        except UndefinedError as fault:
            reasons[place] = str(fault)
            each.append(None)
            continue
        drawn.append(np.concatenate([[value], draws]))
        each.append(_interval(drawn[-1]))
    return Areas(each, reasons, _interval(np.mean(drawn, axis=0)) if drawn else None)


def _draws(positive: Array, scores: Array, judge: Judge) -> tuple[float, Array]:
    """Return the mean area over the seeds, and the same in each draw (NaN without both kinds)."""
    plain = np.ones((1, len(positive)))
    value = np.mean([area(positive=positive, score=score, weight=plain) for score in scores])
    weight = judge.who[:, judge.person].astype(float)
    by_seed = [area(positive=positive, score=score, weight=weight) for score in scores]
    shares = judge.which / judge.which.sum(axis=1, keepdims=True)
    return float(value), (np.stack(by_seed, axis=1) * shares).sum(axis=1)


def _interval(values: Array) -> Interval:
    """Return [value, low, high]; the first of `values` is the value, the rest its draws."""
    known = values[1:][np.isfinite(values[1:])]
    return [float(values[0]), *statistics.interval(known, LEVEL)]


def curve(positive: Array, score: Array) -> tuple[Array, Array]:
    """Return the ROC curve: shares of false and of true alarms as the threshold falls."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)  # equal scores pass the threshold together
    true, false = (np.cumsum(kind[order])[last] for kind in (positive, ~positive))
    ends = [np.concatenate([[0], part / max(part[-1], 1)]) for part in (false, true)]
    return ends[0], ends[1]
