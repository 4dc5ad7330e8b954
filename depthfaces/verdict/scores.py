"""Every arm's answers on held-out people in the usual numbers, per class and macro."""

from typing import Any

import numpy as np
import pandas as pd

from depthfaces.classify.scores import confusion
from depthfaces.metrics.classification import auc_by_class, macro_mean, scores_by_class
from depthfaces.metrics.undefined import Value
from depthfaces.verdict.arm import LEAKY_ADDED, LEAKY_ALONE, TOPPED
from depthfaces.verdict.predictions import LEAKY, by_arm

Document = dict[str, Any]


def scores(predictions: pd.DataFrame, detailed: set[str]) -> Document:
    """Return {arm: {model: {accuracy, macro, classes}}} on test, answers of all runs pooled.

    `classes` {score: {label: number or None}} is given for the arms in `detailed`; `undefined`
    {"arm, model, score, label": why} stands beside the arms' table.
    """
    classes = sorted(set(predictions["label"]))
    arms: Document = {}
    undefined: dict[str, str] = {}
    for arm, part in by_arm(predictions[predictions["part"] == "test"]).items():
        for model, rows in part.groupby("model", sort=False):
            each = of(rows, classes)
            right = rows["label"].to_numpy(str) == rows["predicted"].to_numpy(str)
            entry: Document = {
                "accuracy": float(right.mean()),
                "macro": {name: macro_mean(values).value for name, values in each.items()},
            }
            if arm.key in detailed:
                entry["classes"] = {
                    name: dict(zip(classes, [value.value for value in values], strict=True))
                    for name, values in each.items()
                }
            arms.setdefault(arm.key, {})[str(model)] = entry
            undefined |= {
                f"{arm.key}, {model}, {name}, {label}": value.reason
                for name, values in each.items()
                for label, value in zip(classes, values, strict=True)
                if value.reason
            }
    return {"arms": arms, "undefined": undefined}


def of(rows: pd.DataFrame, classes: list[str]) -> dict[str, list[Value]]:
    """Return {score: [value a class]} of predictions."""
    label, called = (rows[name].to_numpy(str) for name in ("label", "predicted"))
    shares = rows[[f"p_{name}" for name in classes]].to_numpy(float)
    auc = auc_by_class(label=np.asarray(label), probabilities=shares, classes=classes)
    return scores_by_class(confusion(label, called, classes)) | {"auc": auc}


def published(predictions: pd.DataFrame) -> Document:
    """Return {set: {model: {alone, added, true}}}: accuracies of the published protocol.

    It splits one pool at random, generated faces or generated and real ones, so faces of one
    person stand on both sides. `true` is the accuracy on held-out people of real, augmented and
    the set's faces, None where no classifier was trained on them.
    """
    document: Document = {}
    names = {LEAKY_ALONE: "alone", LEAKY_ADDED: "added"}
    accuracy = {
        (arm, str(model)): float((rows["label"] == rows["predicted"]).mean())
        for arm, part in by_arm(predictions[predictions["part"].isin(["test", LEAKY])]).items()
        for model, rows in part.groupby("model", sort=False)
    }
    for (arm, model), value in accuracy.items():
        if arm.kind in names:
            entry = document.setdefault(arm.source, {}).setdefault(model, {})
            entry[names[arm.kind]] = value
    for source, models in document.items():
        for model, entry in models.items():
            true = [
                value
                for (arm, other), value in accuracy.items()
                if (arm.kind, arm.source, other) == (TOPPED, source, model)
            ]
            entry["true"] = true[-1] if true else None
    return document
