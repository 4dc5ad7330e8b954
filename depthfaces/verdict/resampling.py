"""Bootstrap of scores over people, generators, draws of train people, and seeds."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.errors import IntegrityError
from depthfaces.verdict.predictions import NO_GENERATOR

Floats = npt.NDArray[np.floating]
# Levels of a run; each is resampled on its own (crossed), as each is a source of variation.
LEVELS = ("generator", "draw", "seed")


class Scored(NamedTuple):
    """Macro-F1 of one arm and classifier: mean over runs, resampled values, value of each run."""

    value: float
    draws: Floats
    runs: Floats


class Resampling:
    """One set of draws for all arms that are tested on the same faces, so differences are paired.

    A draw takes as many people as there are, with replacement, and likewise for each of `LEVELS`;
    its score is macro-F1 over the faces of those people, by run, averaged over the runs.
    """

    def __init__(self, predictions: pd.DataFrame, draws: int, rng: np.random.Generator) -> None:
        """Draw for `predictions`: all arms and classifiers on one set of faces."""
        self.classes = np.unique(predictions[["label", "predicted"]].to_numpy(str))
        self.people = np.unique(predictions["person"].to_numpy(str))
        generated_rows = predictions[predictions["generator"] != NO_GENERATOR]
        self.levels = {
            name: np.unique(
                (generated_rows if name == "generator" and len(generated_rows) else predictions)[
                    name
                ]
            )
            for name in LEVELS
        }
        self.person_counts = _draw_counts(len(self.people), draws, rng)
        run_weights = np.ones((draws, 1), np.float32)
        for values in self.levels.values():
            level_counts = _draw_counts(len(values), draws, rng)
            run_weights = (run_weights[:, :, None] * level_counts[:, None, :]).reshape(draws, -1)
        self.run_weights = run_weights / run_weights.sum(axis=1, keepdims=True)

    def score(self, rows: pd.DataFrame) -> Scored:
        """Return macro-F1 of the predictions `rows` of one arm and classifier."""
        counts = self._counts(rows)  # (people, runs, 2, k)
        run_scores = macro_f1(counts.sum(axis=0, keepdims=True))[0]
        drawn_counts = (self.person_counts @ counts.reshape(len(self.people), -1)).reshape(
            -1, *counts.shape[1:]
        )
        draw_scores = (macro_f1(drawn_counts) * self.run_weights).sum(axis=1)
        return Scored(float(run_scores.mean()), draw_scores.astype(np.float64), run_scores)

    def _counts(self, rows: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Return true positives, and predictions + faces, by class: (people, runs, 2, k).

        An arm without a generator counts for every generator.
        """
        k = len(self.classes)
        true_class = np.searchsorted(self.classes, rows["label"].to_numpy(str))
        predicted_class = np.searchsorted(self.classes, rows["predicted"].to_numpy(str))
        person_index = np.searchsorted(self.people, rows["person"].to_numpy(str))
        level_indices = {
            name: np.searchsorted(values, rows[name]) for name, values in self.levels.items()
        }
        level_shape = tuple(len(values) for values in self.levels.values())
        without_generator = bool((rows["generator"] == NO_GENERATOR).all())
        if without_generator:
            level_indices["generator"] = np.zeros(len(rows), int)
        run_index = np.ravel_multi_index(tuple(level_indices.values()), level_shape)
        counts = np.zeros((len(self.people), int(np.prod(level_shape)), 2, k), np.float32)
        correct = true_class == predicted_class
        np.add.at(counts, (person_index[correct], run_index[correct], 0, true_class[correct]), 1)
        np.add.at(counts, (person_index, run_index, 1, true_class), 1)
        np.add.at(counts, (person_index, run_index, 1, predicted_class), 1)
        if without_generator:
            counts_by_level = counts.reshape(len(self.people), *level_shape, 2, k)
            counts_by_level[:] = counts_by_level[:, :1]
        if not counts.sum(axis=(0, 2, 3)).all():
            raise IntegrityError(
                "predictions: expected every arm for every generator, draw and seed, found gaps; "
                "run `dvc repro classify`"
            )
        return counts


def _draw_counts(count: int, draws: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return how often each of `count` items is drawn, (draws, count)."""
    return rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float32)


def macro_f1(counts: Floats) -> Floats:
    """Return the mean over classes of 2 hits / (predictions + faces), (..., 2, k) -> (...).

    A class with neither faces nor predictions has no F1 and is left out.
    """
    hits, totals = counts[..., 0, :], counts[..., 1, :]
    has_f1 = totals > 0
    class_f1 = np.divide(2 * hits, totals, out=np.zeros_like(hits), where=has_f1)
    return np.asarray(class_f1.sum(axis=-1) / has_f1.sum(axis=-1))
