"""Every arm's answers on held-out people in the usual numbers, per class and macro."""

from typing import Any

import numpy as np
import pandas as pd

from depthfaces.classify.scores import confusion
from depthfaces.metrics.classification import auc_by_class, by_class, macro
from depthfaces.metrics.undefined import Value

Table = dict[str, Any]
LEAKY = "leaky"  # the part of predictions that the published protocol made


def scores(predictions: pd.DataFrame, detailed: set[str]) -> Table:
    """Return {arm: {model: {accuracy, macro, classes}}} on test, answers of all seeds pooled.

    `classes` {score: {label: number or None}} is given for the arms in `detailed`; `undefined`
    {"arm, model, score, label": why} stands beside the arms' table.
    """
    classes = sorted(set(predictions["label"]))
    arms: Table = {}
    undefined: dict[str, str] = {}
    test = predictions[predictions["part"] == "test"]
    for (arm, model), rows in test.groupby(["arm", "model"], sort=False):
        found = of(rows, classes)
        whole = {name: macro(values) for name, values in found.items()}
        right = rows["label"].to_numpy(str) == rows["predicted"].to_numpy(str)
        entry: Table = {
            "accuracy": float(right.mean()),
            "macro": {name: value.value for name, value in whole.items()},
        }
        if arm in detailed:
            entry["classes"] = {
                name: dict(zip(classes, [value.value for value in values], strict=True))
                for name, values in found.items()
            }
        arms.setdefault(str(arm), {})[str(model)] = entry
        undefined |= {
            f"{arm}, {model}, {name}, {label}": value.reason
            for name, values in found.items()
            for label, value in zip(classes, values, strict=True)
            if value.reason
        }
    return {"arms": arms, "undefined": undefined}


def of(rows: pd.DataFrame, classes: list[str]) -> dict[str, list[Value]]:
    """Return {score: [value a class]} of predictions."""
    label, called = (rows[name].to_numpy(str) for name in ("label", "predicted"))
    shares = rows[[f"p_{name}" for name in classes]].to_numpy(float)
    auc = auc_by_class(label=np.asarray(label), shares=shares, classes=classes)
    return by_class(confusion(label, called, classes)) | {"auc": auc}


def published(predictions: pd.DataFrame) -> Table:
    """Return {set: {model: {synthetic, mixed, true}}}: accuracies of the published protocol.

    It splits one pool at random, synthetic faces or synthetic and real ones, so faces of one
    person stand on both sides. `true` is the accuracy of the same addition on held-out people.
    """
    right = predictions["label"] == predictions["predicted"]
    share = right.groupby([predictions[name] for name in ("part", "arm", "model")]).mean()
    found: Table = {}
    for (part, arm, model), value in share.items():
        if part == LEAKY and arm.startswith("published-"):
            kind, _, name = arm.removeprefix("published-").partition("-")
            entry = found.setdefault(name or "synthetic", {}).setdefault(str(model), {})
            entry[kind] = float(value)
    for name, models in found.items():
        for model, entry in models.items():
            entry["true"] = _true(share, name, model)
    return found


def _true(share: "pd.Series[float]", name: str, model: str) -> float | None:
    """Return the accuracy on held-out people of real faces and the set's, at the highest ratio."""
    if name != "synthetic":
        value = share.get(("test", f"mixed-{name}", model))
        return None if value is None else float(value)
    ratios = [arm for part, arm, other in share.index if part == "test" and other == model]
    mixed = [arm for arm in ratios if arm.startswith("mixed@")]
    most = max(mixed, key=lambda arm: float(arm.partition("@")[2]), default=None)
    return float(share["test", most, model]) if most else None
