"""Scores of every arm on test people, over all classes and by class, with intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify import scores
from depthfaces.evolve.search import Record
from depthfaces.studies.intervals import Judge
from depthfaces.studies.swarm.protocol import SwarmResults
from depthfaces.studies.swarm.trial import SplitFaces, confusion_matrix

Array = npt.NDArray[Any]
Interval = list[float]


def _class_mean(class_score: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Turn a score by class into its mean over the classes."""
    return lambda confusions: scores.macro(class_score(confusions))


# The scores that the publication names: title, function of confusion matrices (..., k, k).
OVERALL_SCORES: dict[str, Callable[[Array], Array]] = {
    "accuracy": scores.accuracy,
    "TPR (recall)": _class_mean(scores.recall),
    "precision": _class_mean(scores.precision),
    "F-measure": scores.macro_f1,
    "G-measure √(P·R)": _class_mean(scores.g_measure),
    "G-mean √(TPR·TNR)": _class_mean(scores.g_mean),
}
CLASS_SCORES: dict[str, Callable[[Array], Array]] = {
    "TPR (recall)": scores.recall,
    "precision": scores.precision,
    "F-measure": scores.f1,
    "G-measure √(P·R)": scores.g_measure,
    "G-mean √(TPR·TNR)": scores.g_mean,
}


@dataclass(frozen=True)
class Evaluation:
    """The results of all seeds, and one bootstrap for all arms, so that differences are paired."""

    data: SplitFaces
    results: SwarmResults
    paired_bootstrap: Judge

    @classmethod
    def from_results(cls, data: SplitFaces, results: SwarmResults, seed: int) -> Self:
        """Add the bootstrap draws of test people and seeds to `results`."""
        test_faces, rng = data.splits["test"], seeding.stream(seed, "bootstrap")
        seed_count = len(results.search_records)
        return cls(
            data,
            results,
            Judge.over(test_faces.labels, test_faces.owners, len(data.classes), seed_count, rng),
        )

    def predicted_classes(self, arm: str) -> Array:
        """Return the classes predicted on test people (seeds, n)."""
        return np.stack(
            [trials[arm].probabilities.argmax(axis=1) for trials in self.results.held_out]
        )

    def score_interval(self, arm: str, score_name: str) -> Interval:
        """Return one of `OVERALL_SCORES` on test people, as [value, low, high]."""
        return self.paired_bootstrap.interval(
            self.predicted_classes(arm), OVERALL_SCORES[score_name]
        )

    def f1_difference(self, arm: str, baseline_arm: str) -> Interval:
        """Return the macro-F1 of `arm` minus that of `baseline_arm`, as [value, low, high]."""
        return self.paired_bootstrap.difference(
            self.predicted_classes(arm), self.predicted_classes(baseline_arm), scores.macro_f1
        )

    def leaky_score(self, score_name: str) -> float:
        """Return one of `OVERALL_SCORES` under the published protocol, mean over the seeds."""
        confusions = [
            confusion_matrix(trial.probabilities.argmax(axis=1), labels, len(self.data.classes))
            for trial, labels in self.results.leaky_trials
        ]
        return float(OVERALL_SCORES[score_name](np.stack(confusions)).mean())

    def total_confusion(self, arm: str) -> Array:
        """Return the confusion counts (k, k), summed over people and seeds."""
        return np.asarray(
            self.paired_bootstrap.confusions(self.predicted_classes(arm)).sum(axis=(0, 1))
        )

    def best_so_far(self, search_name: str) -> Array:
        """Return the best validation macro-F1 after each training of a search, (seeds, trials)."""
        return np.stack(
            [_running_best(records[search_name]) for records in self.results.search_records]
        )

    @property
    def training_counts(self) -> dict[str, int]:
        """Return the number of trainings of each search, summed over the seeds."""
        search_names = self.results.search_records[0]
        return {
            name: sum(len(records[name].fitness) for records in self.results.search_records)
            for name in search_names
        }

    @property
    def diverged(self) -> int:
        """Return the number of trainings of the searches that diverged."""
        return sum(
            int(np.isinf(record.fitness).sum())
            for records in self.results.search_records
            for record in records.values()
        )


def _running_best(record: Record) -> Array:
    return np.maximum.accumulate(np.maximum(record.fitness, 0))
