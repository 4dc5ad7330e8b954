"""How good a classifier's answers are: from confusion matrices, and from probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from depthfaces.metrics.undefined import UndefinedError, Value, attempt

Array = npt.NDArray[Any]


def by_class(matrix: Array) -> dict[str, list[Value]]:
    """Return {score: [a value or reason a class]} of counts (k, k), row true, column called.

    G-measure is sqrt(precision recall), G-mean sqrt(sensitivity specificity): the literature
    calls either one "G".
    """
    hits, faces, calls = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    others = matrix.sum() - faces
    precision = [_share(*pair, "never called") for pair in zip(hits, calls, strict=True)]
    recall = [_share(*pair, "no faces") for pair in zip(hits, faces, strict=True)]
    refused = others - (calls - hits)
    specificity = [_share(*pair, "no other faces") for pair in zip(refused, others, strict=True)]
    either = zip(2 * hits, faces + calls, strict=True)
    return {
        "precision": precision,
        "recall": recall,
        "f1": [_share(*pair, "no faces and never called") for pair in either],
        "g_measure": list(map(_root, precision, recall)),
        "g_mean": list(map(_root, recall, specificity)),
    }


def auc_by_class(*, label: Array, shares: Array, classes: list[str]) -> list[Value]:
    """Return each class's area under the ROC curve against the rest, from `shares` (n, k)."""
    return [
        attempt(auc, positive=label == name, score=shares[:, k]) for k, name in enumerate(classes)
    ]


def auc(*, positive: Array, score: Array) -> float:
    """Return the chance that a positive scores above a negative; ties count half."""
    n, m = int(positive.sum()), int((~positive).sum())
    if not n or not m:
        raise UndefinedError("needs faces of the class and of others")
    return float((rankdata(score)[positive].sum() - n * (n + 1) / 2) / (n * m))


def macro(values: list[Value]) -> Value:
    """Return the mean over the classes that have a value; the reason where none has."""
    known = [value.value for value in values if value.value is not None]
    return Value(float(np.mean(known))) if known else Value(None, "no class has a value")


def _share(part: float, whole: float, why_not: str) -> Value:
    return Value(float(part / whole)) if whole else Value(None, why_not)


def _root(a: Value, b: Value) -> Value:
    if a.value is None or b.value is None:
        return Value(None, a.reason or b.reason)
    return Value(float(np.sqrt(a.value * b.value)))
