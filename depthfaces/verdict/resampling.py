"""How sure a score is: people, generators, draws of train people and seeds, drawn anew."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.errors import IntegrityError
from depthfaces.verdict.predictions import NO_GENERATOR

Floats = npt.NDArray[np.floating]
# Levels of a run; each is drawn on its own (crossed), as each could have come out otherwise.
LEVELS = ("generator", "draw", "seed")


class Scored(NamedTuple):
    """Macro-F1 of one arm and classifier: mean over the runs, its resampled values, the runs'."""

    value: float
    draws: Floats
    runs: Floats


class Resampling:
    """One set of draws for all arms that are judged on the same faces, so differences are paired.

    A draw takes as many people as there are, with replacement, and likewise of each of `LEVELS`;
    its score is macro-F1 over the faces of those people, by run, averaged over the runs.
    """

    def __init__(self, predictions: pd.DataFrame, draws: int, rng: np.random.Generator) -> None:
        """Draw for `predictions`: all arms and classifiers on one set of faces."""
        self.classes = np.unique(predictions[["label", "predicted"]].to_numpy(str))
        self.people = np.unique(predictions["person"].to_numpy(str))
        generated = predictions[predictions["generator"] != NO_GENERATOR]
        self.levels = {
            name: np.unique(
                (generated if name == "generator" and len(generated) else predictions)[name]
            )
            for name in LEVELS
        }
        self.who = _drawn(len(self.people), draws, rng)
        weight = np.ones((draws, 1), np.float32)
        for values in self.levels.values():
            each = _drawn(len(values), draws, rng)
            weight = (weight[:, :, None] * each[:, None, :]).reshape(draws, -1)
        self.which = weight / weight.sum(axis=1, keepdims=True)

    def score(self, rows: pd.DataFrame) -> Scored:
        """Return macro-F1 of the predictions `rows` of one arm and classifier."""
        counts = self._counts(rows)  # (people, runs, 2, k)
        runs = macro_f1(counts.sum(axis=0, keepdims=True))[0]
        drawn = (self.who @ counts.reshape(len(self.people), -1)).reshape(-1, *counts.shape[1:])
        draws = (macro_f1(drawn) * self.which).sum(axis=1)
        return Scored(float(runs.mean()), draws.astype(np.float64), runs)

    def _counts(self, rows: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return hits, and calls + faces, by class: (people, runs, 2, k).

        An arm without a generator stands beside each generator's.
        """
        k = len(self.classes)
        true = np.searchsorted(self.classes, rows["label"].to_numpy(str))
        called = np.searchsorted(self.classes, rows["predicted"].to_numpy(str))
        person = np.searchsorted(self.people, rows["person"].to_numpy(str))
        places = {name: np.searchsorted(values, rows[name]) for name, values in self.levels.items()}
        shape = tuple(len(values) for values in self.levels.values())
        alone = bool((rows["generator"] == NO_GENERATOR).all())
        if alone:
            places["generator"] = np.zeros(len(rows), int)
        run = np.ravel_multi_index(tuple(places.values()), shape)
        counts = np.zeros((len(self.people), int(np.prod(shape)), 2, k), np.float32)
        right = true == called
        np.add.at(counts, (person[right], run[right], 0, true[right]), 1)
        np.add.at(counts, (person, run, 1, true), 1)
        np.add.at(counts, (person, run, 1, called), 1)
        if alone:
            split = counts.reshape(len(self.people), *shape, 2, k)
            split[:] = split[:, :1]
        if not counts.sum(axis=(0, 2, 3)).all():
            raise IntegrityError(
                "predictions: expected every arm for every generator, draw and seed, found gaps; "
                "run `dvc repro classify`"
            )
        return counts


def _drawn(count: int, draws: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return how often each of `count` is drawn, (draws, count)."""
    return rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float32)


def macro_f1(counts: Floats) -> Floats:
    """Return the mean over classes of 2 hits / (calls + faces), (..., 2, k) -> (...).

    A class with neither faces nor calls has no F1 and is left out.
    """
    hits, total = counts[..., 0, :], counts[..., 1, :]
    known = total > 0
    each = np.divide(2 * hits, total, out=np.zeros_like(hits), where=known)
    return np.asarray(each.sum(axis=-1) / known.sum(axis=-1))
