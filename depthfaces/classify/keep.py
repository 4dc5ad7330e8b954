"""Classifiers kept for use: one of each kind, with all that a new face has to go through."""

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from depthfaces import files
from depthfaces.classify import CLASSIFIERS
from depthfaces.classify.arms import plan
from depthfaces.classify.protocol import Job, fit
from depthfaces.classify.sample import Classifier
from depthfaces.classify.scores import confusion, macro_f1
from depthfaces.classify.sets import Sets, people
from depthfaces.errors import DataError, ParamsError
from depthfaces.schema import Features, Params
from depthfaces.verdict.arm import SHUFFLED, Arm
from depthfaces.verdict.predictions import by_arm

CONFIG = "config.json"
KEYS = ("classes", "size", "unit", "features", "preprocess")


class Kept(NamedTuple):
    """A stored classifier, its name, and the config that was stored with it."""

    model: Classifier
    name: str
    config: dict[str, Any]


def keep(
    folder: Path, views: dict[str, Sets], predictions: pd.DataFrame, params: Params
) -> dict[str, Any]:
    """Fit each classifier once more on the arm that validation likes best; write it into `folder`.

    Return what there is to know of them: {name: arm, seed, macro_f1 on validation}.
    """
    told: dict[str, Any] = {}
    for name in params.classify.models:
        found = views[CLASSIFIERS[name].view]
        scores = _validation(predictions[predictions["model"] == name])
        known = [arm for arm in plan(params.classify.doses, found) if arm.kind != SHUFFLED]
        best = max(known, key=lambda arm: scores[arm])
        fit(Job(best, name, people(found)), found, params).save(folder / name)
        told[name] = {"arm": best.key, "seed": 0, "validation_macro_f1": scores[best]}
    return told


def load(folder: Path, name: str) -> Kept:
    """Read the classifier `name` from `folder`; "" is the one that validation likes best."""
    if not (folder / CONFIG).is_file():
        raise DataError(f"{folder}: expected classifiers, found none; run `dvc repro classify`")
    known = files.read_json(folder / CONFIG, "models")["models"]
    if name and name not in known:
        raise ParamsError(f"--model: expected one of {', '.join(known)}, found {name!r}")
    config = files.read_json(folder / CONFIG, *KEYS)
    with files.intact(folder / CONFIG):
        Features.model_validate(config["features"])
        chosen = name or max(known, key=lambda one: known[one]["validation_macro_f1"])
        kind = CLASSIFIERS[chosen]
    return Kept(kind.load(folder / chosen), chosen, config)


def _validation(predictions: pd.DataFrame) -> dict[Arm, float]:
    """Return each arm's macro-F1 on validation, mean over the seeds; all real people."""
    everybody = predictions["people"] == predictions["people"].max()
    rows = predictions[(predictions["part"] == "validation") & everybody]
    classes = sorted(set(rows["label"]))
    found: dict[Arm, float] = {}
    for arm, runs in by_arm(rows).items():
        each = [
            macro_f1(confusion(run["label"].to_numpy(str), run["predicted"].to_numpy(str), classes))
            for _, run in runs.groupby("seed")
        ]
        found[arm] = float(sum(each) / len(each))
    return found
