"""Jackknife of scores where people take turns at training and testing, or draws overlap."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.verdict.resampling import Scored, macro_f1

Floats = npt.NDArray[np.floating]
MIN_PEOPLE = 2  # people of a sample below which their variation cannot be estimated


class Turns:
    """Draws by the jackknife of people: how a score changes when a person is left out.

    Whoever is left out is neither trained on (draws with them are dropped) nor tested. That covers
    overlapping draws as well, which are not independent of each other. A resampled score is the
    value plus the people's influences times normal numbers, the same ones for every arm, so that
    differences are paired; a common factor makes intervals those of Student's t.
    """

    def __init__(
        self,
        predictions: pd.DataFrame,
        people_by_draw: Mapping[int, Sequence[str]],
        draws: int,
        rng: np.random.Generator,
    ) -> None:
        """Draw for all arms and classifiers; `people_by_draw` names each draw's train people."""
        self.classes = np.unique(predictions[["label", "predicted"]].to_numpy(str))
        self.tested_people = np.unique(predictions["person"].to_numpy(str))
        self.people_by_draw = {draw: set(people) for draw, people in people_by_draw.items()}
        self.draw_numbers = sorted(self.people_by_draw)
        train_people = set().union(*self.people_by_draw.values())
        # Two samples where the people tested are others than those trained on, else one.
        disjoint = train_people.isdisjoint(self.tested_people)
        samples = (
            [set(self.tested_people), train_people]
            if disjoint
            else [train_people | set(self.tested_people)]
        )
        self.samples = [sorted(sample) for sample in samples if len(sample) >= MIN_PEOPLE]
        degrees = min(len(sample) for sample in self.samples) - 1
        self.normal_draws = [rng.standard_normal((draws, len(sample))) for sample in self.samples]
        self.factor = np.sqrt(degrees / rng.chisquare(degrees, draws))

    def score(self, rows: pd.DataFrame) -> Scored:
        """Return macro-F1 of the predictions `rows` of one arm and classifier."""
        counts = self._counts(rows)  # (people tested, runs, 2, k)
        run_scores = macro_f1(counts.sum(axis=0))
        shifts = np.zeros_like(self.factor)
        for sample, normal_draws in zip(self.samples, self.normal_draws, strict=True):
            left_out_scores = np.array([self._score_without(counts, person) for person in sample])
            influence = left_out_scores - left_out_scores.mean()
            shifts += np.sqrt((len(sample) - 1) / len(sample)) * (normal_draws @ influence)
        value = float(run_scores.mean())
        return Scored(value, value + self.factor * shifts, run_scores)

    def _score_without(self, counts: Floats, person: str) -> float:
        """Return the mean over the runs without `person`.

        Where every run was trained on them, only the predictions for them are dropped.
        """
        rest_counts = counts[self.tested_people != person].sum(axis=0)
        kept_runs = [
            k for k, draw in enumerate(self.draw_numbers) if person not in self.people_by_draw[draw]
        ]
        kept_runs = [k for k in kept_runs if rest_counts[k].any()] or [
            k for k in range(len(rest_counts)) if rest_counts[k].any()
        ]
        return float(macro_f1(rest_counts[kept_runs]).mean())

    def _counts(self, rows: pd.DataFrame) -> Floats:
        """Return true positives, and predictions + faces, by class: (people, runs, 2, k)."""
        true_class = np.searchsorted(self.classes, rows["label"].to_numpy(str))
        predicted_class = np.searchsorted(self.classes, rows["predicted"].to_numpy(str))
        person_index = np.searchsorted(self.tested_people, rows["person"].to_numpy(str))
        run_index = np.searchsorted(self.draw_numbers, rows["draw"].to_numpy())
        counts = np.zeros((len(self.tested_people), len(self.draw_numbers), 2, len(self.classes)))
        correct: Any = true_class == predicted_class
        np.add.at(counts, (person_index[correct], run_index[correct], 0, true_class[correct]), 1)
        np.add.at(counts, (person_index, run_index, 1, true_class), 1)
        np.add.at(counts, (person_index, run_index, 1, predicted_class), 1)
        return counts
