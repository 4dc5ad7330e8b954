"""Scores of a classifier: from confusion matrices, and from predicted probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from depthfaces.metrics.undefined import UndefinedError, Value, attempt

Array = npt.NDArray[Any]


def scores_by_class(confusion_counts: Array) -> dict[str, list[Value]]:
    """Return {score: [one value or reason per class]} of counts (k, k): true by predicted class.

    G-measure is sqrt(precision recall), G-mean sqrt(sensitivity specificity): the literature
    calls either one "G".
    """
    true_positives, class_counts, predicted_counts = (
        np.diag(confusion_counts),
        confusion_counts.sum(axis=1),
        confusion_counts.sum(axis=0),
    )
    other_counts = confusion_counts.sum() - class_counts
    precision = [
        _ratio(*pair, "never called") for pair in zip(true_positives, predicted_counts, strict=True)
    ]
    recall = [_ratio(*pair, "no faces") for pair in zip(true_positives, class_counts, strict=True)]
    true_negatives = other_counts - (predicted_counts - true_positives)
    specificity = [
        _ratio(*pair, "no other faces") for pair in zip(true_negatives, other_counts, strict=True)
    ]
    f1_pairs = zip(2 * true_positives, class_counts + predicted_counts, strict=True)
    return {
        "precision": precision,
        "recall": recall,
        "f1": [_ratio(*pair, "no faces and never called") for pair in f1_pairs],
        "g_measure": list(map(_geometric_mean, precision, recall)),
        "g_mean": list(map(_geometric_mean, recall, specificity)),
    }


def auc_by_class(*, label: Array, probabilities: Array, classes: list[str]) -> list[Value]:
    """Return the one-vs-rest area under the ROC curve of each class; `probabilities` is (n, k)."""
    return [
        attempt(roc_auc, positive=label == class_name, score=probabilities[:, k])
        for k, class_name in enumerate(classes)
    ]


def roc_auc(*, positive: Array, score: Array) -> float:
    """Return the area under the ROC curve: the probability that a positive scores above a negative.

    Ties count half.
    """
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        raise UndefinedError("needs faces of the class and of others")
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * m))


def macro_mean(values: list[Value]) -> Value:
    """Return the mean over the classes that have a value, or the reason why none has."""
    defined = [value.value for value in values if value.value is not None]
    return Value(float(np.mean(defined))) if defined else Value(None, "no class has a value")


def _ratio(numerator: float, denominator: float, reason: str) -> Value:
    return Value(float(numerator / denominator)) if denominator else Value(None, reason)


def _geometric_mean(a: Value, b: Value) -> Value:
    if a.value is None or b.value is None:
        return Value(None, a.reason or b.reason)
    return Value(float(np.sqrt(a.value * b.value)))
