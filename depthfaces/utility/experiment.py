"""From stored predictions to the macro-F1 of every arm, with its bootstrap draws."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.classify.scores import macro_f1
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import read_table
from depthfaces.utility import statistics

Array = npt.NDArray[Any]
MIXED = ("mixed@",)
CONTROLS = ("oversampled@", "augmented@")


class Result(NamedTuple):
    """One arm and classifier: macro-F1 on validation and test, mean over seeds; draws of test.

    `seeds` are the seeds' own macro-F1 on test.
    """

    validation: float
    test: float
    draws: Array
    seeds: Array


Results = dict[tuple[str, str], Result]


def read(path: Path) -> pd.DataFrame:
    """Return stored predictions; names that look like numbers or like nothing stay text."""
    if not path.is_file():
        raise DataError(f"{path}: expected predictions, found none; run `dvc repro classify`")
    texts = ("id", "subject", "label", "predicted")
    found = read_table(path, ("arm", "model", "seed", "part", *texts), texts)
    for name in [name for name in found if name == "seed" or name.startswith("p_")]:
        if found[name].dtype.kind not in "iuf":
            raise IntegrityError(f"{path}: expected numbers under {name}; run `dvc repro classify`")
    return found


def measure(predictions: pd.DataFrame, draws: int, rng: np.random.Generator) -> Results:
    """Return {(arm, model): result}, every arm on the same draws of people and seeds.

    A face whose person is unknown counts as a person of its own.
    """
    classes = sorted(set(predictions["label"]))
    test = predictions[predictions["part"] == "test"]
    people = sorted(set(owners(test)))
    who, which = statistics.weights(len(people), test["seed"].nunique(), draws, rng)
    tuned = predictions[predictions["part"] == "validation"]
    choices = {key: _by_person(rows, classes) for key, rows in tuned.groupby(["arm", "model"])}
    results = {}
    for key, rows in test.groupby(["arm", "model"], sort=False):
        matrices = _by_person(rows, classes)
        found = statistics.bootstrap(matrices, who, which)
        seeds = macro_f1(matrices.sum(axis=0))
        results[key] = Result(_score(choices[key]), _score(matrices), found, seeds)
    return results


def by_fraction(predictions: pd.DataFrame) -> dict[float, pd.DataFrame]:
    """Return the predictions by the share of real train people, all of them (1.0) last.

    Predictions without the column `fraction` were all made with all people.
    """
    if "fraction" not in predictions:
        return {1.0: predictions}
    return {
        float(share): rows.drop(columns="fraction")
        for share, rows in predictions.groupby("fraction", sort=True)
    }


def comparable(predictions: pd.DataFrame) -> bool:
    """Return whether there are an arm with synthetic faces and a control for each classifier."""
    return all(
        any(arm.startswith(kinds) for arm in set(rows["arm"]))
        for _, rows in predictions.groupby("model")
        for kinds in (MIXED, CONTROLS)
    )


def choose(results: Results, model: str) -> tuple[str, str]:
    """Return the arm with synthetic faces and the control that are best on validation."""

    def best(prefixes: tuple[str, ...]) -> str:
        names = [arm for arm, other in results if other == model and arm.startswith(prefixes)]
        return max(names, key=lambda arm: results[arm, model].validation)

    return best(MIXED), best(CONTROLS)


def discordant(test: pd.DataFrame, first: str, second: str) -> tuple[int, int]:
    """Return how many faces only `first` has right, and only `second`, by mean probability.

    One answer a face: the seeds' probabilities are averaged, as an ensemble of them would.
    """
    a, b = (_right(test[test["arm"] == arm]) for arm in (first, second))
    return int((a & ~b).sum()), int((b & ~a).sum())


def labels(predictions: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return how well labels carry over between real and synthetic faces, by classifier.

    Macro-F1 trained and tested on: real, real (trtr); real, synthetic (trts); synthetic, real
    (tstr); and retention = tstr / trtr. High trts with low tstr: few, typical faces.
    """
    classes = sorted(set(predictions["label"]))
    wanted = {
        "trtr": ("real", "test"),
        "trts": ("real", "synthetic"),
        "tstr": ("synthetic", "test"),
    }
    found: dict[str, dict[str, float | None]] = {}
    for model, rows in predictions.groupby("model", sort=False):
        scores = {
            name: _score(_by_person(rows[(rows["arm"] == arm) & (rows["part"] == part)], classes))
            for name, (arm, part) in wanted.items()
        }
        kept = scores["tstr"] / scores["trtr"] if scores["trtr"] else None
        found[str(model)] = {**scores, "retention": kept}
    return found


def owners(rows: pd.DataFrame) -> Array:
    """Return whose face each row is: the person's, or that face's own where nobody is known."""
    alone = rows["subject"] == ""
    return np.asarray(rows["subject"].mask(alone, "face " + rows["id"]).to_numpy(str))


def _by_person(rows: pd.DataFrame, classes: list[str]) -> Array:
    """Return confusions (people, seeds, k, k), people and seeds in sorted order."""
    people, person = np.unique(owners(rows), return_inverse=True)
    seeds, seed = np.unique(rows["seed"], return_inverse=True)
    true = np.searchsorted(classes, rows["label"].to_numpy(str))
    called = np.searchsorted(classes, rows["predicted"].to_numpy(str))
    shape = (len(people), len(seeds), len(classes), len(classes))
    places = np.ravel_multi_index((person, seed, true, called), shape)
    return np.bincount(places, minlength=int(np.prod(shape))).reshape(shape)


def _score(matrices: Array) -> float:
    return float(macro_f1(matrices.sum(axis=0)).mean())


def _right(rows: pd.DataFrame) -> pd.Series:
    """Return, by face, whether the class of the highest mean probability is the true one."""
    columns = [name for name in rows if name.startswith("p_")]
    mean = rows.groupby("id")[columns].mean()
    called = mean.idxmax(axis=1).str.removeprefix("p_")
    return called == rows.groupby("id")["label"].first()
