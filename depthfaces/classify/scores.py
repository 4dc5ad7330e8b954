"""Classification scores, from confusion matrices and from ranks of the probabilities."""

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
    cell_indices = np.searchsorted(classes, label) * k + np.searchsorted(classes, predicted)
    return np.bincount(cell_indices, minlength=k * k).reshape(k, k)


def accuracy(matrix: Array) -> Array:
    """Return the share of right predictions of each matrix, (..., k, k) -> (...)."""
    return np.asarray(np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=(-2, -1)))


def recall(matrix: Array) -> Array:
    """Return recall by class, (..., k, k) -> (..., k); NaN for a class without faces."""
    return _safe_divide(_hits(matrix), matrix.sum(axis=-1))


def precision(matrix: Array) -> Array:
    """Return precision by class, (..., k, k) -> (..., k); NaN if a class is never predicted."""
    return _safe_divide(_hits(matrix), matrix.sum(axis=-2))


def specificity(matrix: Array) -> Array:
    """Return specificity by class, (..., k, k) -> (..., k)."""
    other_faces = matrix.sum(axis=(-2, -1))[..., None] - matrix.sum(axis=-1)
    return _safe_divide(other_faces - (matrix.sum(axis=-2) - _hits(matrix)), other_faces)


def f1(matrix: Array) -> Array:
    """Return F1 = 2 hits / (faces + predictions) by class, (..., k, k) -> (..., k); else NaN."""
    return _safe_divide(2 * _hits(matrix), matrix.sum(axis=-1) + matrix.sum(axis=-2))


def g_measure(matrix: Array) -> Array:
    """Return sqrt(precision recall) by class, (..., k, k) -> (..., k); without hits 0."""
    product = precision(matrix) * recall(matrix)
    is_zero = (_hits(matrix) == 0) & ~np.isnan(f1(matrix))
    return np.where(is_zero, 0, np.sqrt(product))


def g_mean(matrix: Array) -> Array:
    """Return sqrt(sensitivity specificity) by class, (..., k, k) -> (..., k)."""
    return np.asarray(np.sqrt(recall(matrix) * specificity(matrix)))


def macro_f1(matrix: Array) -> Array:
    """Return the mean over classes of F1 = 2 hits / (faces + predictions), (..., k, k) -> (...).

    A class with neither faces nor predictions has no F1 and is left out.
    """
    hits = _hits(matrix)
    calls_and_faces = matrix.sum(axis=-1) + matrix.sum(axis=-2)
    is_defined = calls_and_faces > 0
    class_f1 = np.divide(2 * hits, calls_and_faces, out=np.zeros(hits.shape), where=is_defined)
    return np.asarray(class_f1.sum(axis=-1) / is_defined.sum(axis=-1))


def roc_auc(probabilities: Array, y: Array) -> Array:
    """Return each class's area under the ROC curve against all others, (k,).

    `probabilities` (n, k), `y` (n,) class numbers. It is the chance that a face of the class gets
    a higher probability than another face, ties counting half; NaN where either is missing.
    """
    ranks = rankdata(probabilities, axis=0)
    is_class = np.eye(probabilities.shape[1], dtype=bool)[y]
    class_counts = is_class.sum(axis=0)
    rank_excess = (ranks * is_class).sum(axis=0) - class_counts * (class_counts + 1) / 2
    return _safe_divide(rank_excess, class_counts * (len(y) - class_counts))


# Scores by class; the key of their mean over the classes is `macro_` and the name.
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
    class_names = sorted(set(predictions["label"]))
    arm_scores: dict[str, Any] = {}
    for arm, arm_rows in by_arm(predictions).items():
        for (model, part_name), part_rows in arm_rows.groupby(["model", "part"], sort=False):
            arm_scores.setdefault(arm.key, {}).setdefault(model, {})[part_name] = run_scores(
                part_rows, class_names
            )
    return arm_scores


def run_scores(rows: pd.DataFrame, class_names: Sequence[str]) -> dict[str, Any]:
    """Return all scores of one arm, classifier and part over its runs."""
    runs = [run for _, run in rows.groupby(["draw", "seed"])]
    matrices = np.stack(
        [
            confusion(run["label"].to_numpy(str), run["predicted"].to_numpy(str), class_names)
            for run in runs
        ]
    )
    probability_columns = [f"p_{label}" for label in class_names]
    auc_by_run = np.stack(
        [
            roc_auc(
                run[probability_columns].to_numpy(),
                np.searchsorted(class_names, run["label"].to_numpy(str)),
            )
            for run in runs
        ]
    )
    result: dict[str, Any] = {
        "accuracy": spread(accuracy(matrices)),
        "macro_f1": spread(macro_f1(matrices)),
        "confusion": matrices.sum(axis=0).tolist(),
    }
    class_scores = {
        score_name: score_by_class(matrices) for score_name, score_by_class in BY_CLASS.items()
    } | {"roc_auc": auc_by_run}
    for score_name, values in class_scores.items():
        result[score_name] = dict(zip(class_names, map(spread, values.T), strict=True))
        if score_name != "f1":
            result[f"macro_{score_name}"] = spread(macro(values))
    return result


def mean_macro_f1(rows: pd.DataFrame) -> float:
    """Return macro-F1 of the predictions `rows`, mean over their draws of people and seeds."""
    class_names = sorted({*rows["label"], *rows["predicted"]})
    grouped_runs = rows.groupby(["draw", "seed"])[["label", "predicted"]]
    f1_by_run = [
        macro_f1(confusion(run["label"].to_numpy(str), run["predicted"].to_numpy(str), class_names))
        for _, run in grouped_runs
    ]
    return float(np.mean(f1_by_run))


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
    is_defined = ~np.isnan(values)
    return _safe_divide(np.where(is_defined, values, 0).sum(axis=-1), is_defined.sum(axis=-1))


def _safe_divide(numerator: Array, denominator: Array) -> Array:
    return np.asarray(
        np.divide(
            numerator,
            denominator,
            out=np.full(np.shape(numerator), np.nan),
            where=np.asarray(denominator) > 0,
        )
    )
