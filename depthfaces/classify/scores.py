"""Scores of predictions: from confusion matrices, and from ranks of the probabilities."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from depthfaces.verdict.predictions import by_arm

Array = npt.NDArray[Any]


def confusion(label: Array, predicted: Array, classes: Sequence[str]) -> Array:
    """Return counts (k, k): row = true class, column = predicted class."""
    k = len(classes)
    places = np.searchsorted(classes, label) * k + np.searchsorted(classes, predicted)
    return np.bincount(places, minlength=k * k).reshape(k, k)


def accuracy(matrix: Array) -> Array:
    """Return the share of right predictions of each matrix, (..., k, k) -> (...)."""
    return np.asarray(np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=(-2, -1)))


def recall(matrix: Array) -> Array:
    """Return each class's share found, (..., k, k) -> (..., k); NaN for a class without faces."""
    return _share(_hits(matrix), matrix.sum(axis=-1))


def precision(matrix: Array) -> Array:
    """Return each class's share of right calls, (..., k, k) -> (..., k); NaN if never called."""
    return _share(_hits(matrix), matrix.sum(axis=-2))


def specificity(matrix: Array) -> Array:
    """Return the share of the other classes' faces not called so, (..., k, k) -> (..., k)."""
    others = matrix.sum(axis=(-2, -1))[..., None] - matrix.sum(axis=-1)
    return _share(others - (matrix.sum(axis=-2) - _hits(matrix)), others)


def f1(matrix: Array) -> Array:
    """Return 2 hits / (faces + calls) by class, (..., k, k) -> (..., k); NaN without either."""
    return _share(2 * _hits(matrix), matrix.sum(axis=-1) + matrix.sum(axis=-2))


def g_measure(matrix: Array) -> Array:
    """Return sqrt(precision recall) by class, (..., k, k) -> (..., k); without hits 0."""
    both = precision(matrix) * recall(matrix)
    nothing = (_hits(matrix) == 0) & ~np.isnan(f1(matrix))
    return np.where(nothing, 0, np.sqrt(both))


def g_mean(matrix: Array) -> Array:
    """Return sqrt(sensitivity specificity) by class, (..., k, k) -> (..., k)."""
    return np.asarray(np.sqrt(recall(matrix) * specificity(matrix)))


def macro_f1(matrix: Array) -> Array:
    """Return the mean over classes of F1 = 2 hits / (faces + calls), (..., k, k) -> (...).

    A class with neither faces nor calls has no F1 and is left out.
    """
    hits = _hits(matrix)
    calls_and_faces = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    known = calls_and_faces > 0
    each = np.divide(2 * hits, calls_and_faces, out=np.zeros(hits.shape), where=known)
    return np.asarray(each.sum(axis=-1) / known.sum(axis=-1))


def roc_auc(shares: Array, y: Array) -> Array:
    """Return each class's area under the ROC curve against all others, (k,).

    `shares` (n, k), `y` (n,) class numbers. It is the chance that a face of the class is given more
    than another face, ties counting half; NaN where one of the two is missing.
    """
    ranks = rankdata(shares, axis=0)
    mine = np.eye(shares.shape[1], dtype=bool)[y]
    count = mine.sum(axis=0)
    above = (ranks * mine).sum(axis=0) - count * (count + 1) / 2
    return _share(above, count * (len(y) - count))


# Scores by class; their mean over the classes stands under `macro_` and the name.
BY_CLASS: dict[str, Callable[[Array], Array]] = {
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "g_measure": g_measure,
    "g_mean": g_mean,
}


def summary(predictions: pd.DataFrame) -> dict[str, Any]:
    """Return {arm: {model: {part: scores}}}: mean and deviation over the runs, confusion summed.

    The deviation is None for a single run, a score None where a class has no faces.
    """
    classes = sorted(set(predictions["label"]))
    result: dict[str, Any] = {}
    for arm, each in by_arm(predictions).items():
        for (model, part), rows in each.groupby(["model", "part"], sort=False):
            result.setdefault(arm.key, {}).setdefault(model, {})[part] = score(rows, classes)
    return result


def score(rows: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """Return all scores of one arm, classifier and part over its runs."""
    runs = [run for _, run in rows.groupby(["draw", "seed"])]
    matrices = np.stack(
        [
            confusion(run["label"].to_numpy(str), run["predicted"].to_numpy(str), classes)
            for run in runs
        ]
    )
    columns = [f"p_{label}" for label in classes]
    areas = np.stack(
        [
            roc_auc(run[columns].to_numpy(), np.searchsorted(classes, run["label"].to_numpy(str)))
            for run in runs
        ]
    )
    found: dict[str, Any] = {
        "accuracy": spread(accuracy(matrices)),
        "macro_f1": spread(macro_f1(matrices)),
        "confusion": matrices.sum(axis=0).tolist(),
    }
    each = {name: of(matrices) for name, of in BY_CLASS.items()} | {"roc_auc": areas}
    for name, values in each.items():
        found[name] = dict(zip(classes, map(spread, values.T), strict=True))
        if name != "f1":
            found[f"macro_{name}"] = spread(macro(values))
    return found


def mean_macro_f1(rows: pd.DataFrame) -> float:
    """Return macro-F1 of the predictions `rows`, mean over their draws of people and seeds."""
    classes = sorted({*rows["label"], *rows["predicted"]})
    runs = rows.groupby(["draw", "seed"])[["label", "predicted"]]
    each = [
        macro_f1(confusion(run["label"].to_numpy(str), run["predicted"].to_numpy(str), classes))
        for _, run in runs
    ]
    return float(np.mean(each))


def spread(values: Array) -> dict[str, float | None]:
    """Return mean and standard deviation (n - 1) over the seeds."""
    if np.isnan(values).any():
        return {"mean": None, "sd": None}
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "sd": sd}


def _hits(matrix: Array) -> Array:
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def macro(values: Array) -> Array:
    """Return the mean over the classes that have a value, (seeds, k) -> (seeds,)."""
    known = ~np.isnan(values)
    return _share(np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1))


def _share(part: Array, whole: Array) -> Array:
    return np.asarray(
        np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)
    )
