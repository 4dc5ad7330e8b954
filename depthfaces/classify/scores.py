"""Scores of predictions, all from confusion matrices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

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
    return _share(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1))


def macro_f1(matrix: Array) -> Array:
    """Return the mean over classes of F1 = 2 hits / (faces + calls), (..., k, k) -> (...).

    A class with neither faces nor calls has no F1 and is left out.
    """
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    calls_and_faces = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    known = calls_and_faces > 0
    f1 = np.divide(2 * hits, calls_and_faces, out=np.zeros(hits.shape), where=known)
    return np.asarray(f1.sum(axis=-1) / known.sum(axis=-1))


def summary(predictions: pd.DataFrame) -> dict[str, Any]:
    """Return {arm: {model: {part: scores}}}: mean and deviation over the seeds, confusion summed.

    The deviation is None for a single seed, a recall None for a class without faces.
    """
    classes = sorted(set(predictions["label"]))
    result: dict[str, Any] = {}
    for (arm, model, part), rows in predictions.groupby(["arm", "model", "part"], sort=False):
        matrices = np.stack(
            [
                confusion(run["label"].to_numpy(str), run["predicted"].to_numpy(str), classes)
                for _, run in rows.groupby("seed")
            ]
        )
        result.setdefault(arm, {}).setdefault(model, {})[part] = {
            "accuracy": spread(accuracy(matrices)),
            "macro_f1": spread(macro_f1(matrices)),
            "recall": dict(zip(classes, map(spread, recall(matrices).T), strict=True)),
            "confusion": matrices.sum(axis=0).tolist(),
        }
    return result


def spread(values: Array) -> dict[str, float | None]:
    """Return mean and standard deviation (n - 1) over the seeds."""
    if np.isnan(values).any():
        return {"mean": None, "sd": None}
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "sd": sd}


def _share(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))
