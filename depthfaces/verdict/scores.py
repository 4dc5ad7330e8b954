"""The usual scores of every arm on held-out people, per class and macro-averaged."""

from typing import Any

import numpy as np
import pandas as pd

from depthfaces.classify.scores import confusion
from depthfaces.metrics.classification import auc_by_class, macro_mean, scores_by_class
from depthfaces.metrics.undefined import Value
from depthfaces.verdict.arm import LEAKY_ADDED, LEAKY_ALONE, TOPPED
from depthfaces.verdict.predictions import LEAKY, by_arm

Document = dict[str, Any]


def scores_by_arm(predictions: pd.DataFrame, detailed: set[str]) -> Document:
    """Return {arm: {model: {accuracy, macro, classes}}} on test, predictions of all runs pooled.

    `classes` {score: {label: number or None}} is given for the arms in `detailed`; `undefined`
    {"arm, model, score, label": reason} stands beside the arms.
    """
    classes = sorted(set(predictions["label"]))
    arms: Document = {}
    undefined: dict[str, str] = {}
    for arm, arm_rows in by_arm(predictions[predictions["part"] == "test"]).items():
        for model, model_rows in arm_rows.groupby("model", sort=False):
            class_values = scores_of_rows(model_rows, classes)
            correct = model_rows["label"].to_numpy(str) == model_rows["predicted"].to_numpy(str)
            entry: Document = {
                "accuracy": float(correct.mean()),
                "macro": {name: macro_mean(values).value for name, values in class_values.items()},
            }
            if arm.key in detailed:
                entry["classes"] = {
                    name: dict(zip(classes, [value.value for value in values], strict=True))
                    for name, values in class_values.items()
                }
            arms.setdefault(arm.key, {})[str(model)] = entry
            undefined |= {
                f"{arm.key}, {model}, {name}, {label}": value.reason
                for name, values in class_values.items()
                for label, value in zip(classes, values, strict=True)
                if value.reason
            }
    return {"arms": arms, "undefined": undefined}


def scores_of_rows(rows: pd.DataFrame, classes: list[str]) -> dict[str, list[Value]]:
    """Return {score: [one value per class]} of the predictions `rows`."""
    label, predicted = (rows[column].to_numpy(str) for column in ("label", "predicted"))
    probabilities = rows[[f"p_{name}" for name in classes]].to_numpy(float)
    auc = auc_by_class(label=np.asarray(label), probabilities=probabilities, classes=classes)
    return scores_by_class(confusion(label, predicted, classes)) | {"auc": auc}


def published_accuracies(predictions: pd.DataFrame) -> Document:
    """Return {set: {model: {alone, added, true}}}: accuracies by the published protocol.

    The protocol splits one pool at random, of generated faces or of generated and real ones, so
    faces of one person stand on both sides. `true` is the accuracy on held-out people after
    training on real, augmented and the set's faces, None where that was not run.
    """
    document: Document = {}
    key_by_kind = {LEAKY_ALONE: "alone", LEAKY_ADDED: "added"}
    accuracy = {
        (arm, str(model)): float((model_rows["label"] == model_rows["predicted"]).mean())
        for arm, arm_rows in by_arm(predictions[predictions["part"].isin(["test", LEAKY])]).items()
        for model, model_rows in arm_rows.groupby("model", sort=False)
    }
    for (arm, model), value in accuracy.items():
        if arm.kind in key_by_kind:
            entry = document.setdefault(arm.source, {}).setdefault(model, {})
            entry[key_by_kind[arm.kind]] = value
    for source, models in document.items():
        for model, entry in models.items():
            true_accuracies = [
                value
                for (arm, other_model), value in accuracy.items()
                if (arm.kind, arm.source, other_model) == (TOPPED, source, model)
            ]
            entry["true"] = true_accuracies[-1] if true_accuracies else None
    return document
