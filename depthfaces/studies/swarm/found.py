"""What the answers amount to: every score the study promises, whole and by class."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify import scores
from depthfaces.evolve.search import Record
from depthfaces.studies.intervals import Judge
from depthfaces.studies.swarm.protocol import Results
from depthfaces.studies.swarm.trial import Data, matrix

Array = npt.NDArray[Any]
Interval = list[float]


def _macro(of: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Return the mean over the classes of a score by class."""
    return lambda matrices: scores.macro(of(matrices))


# What the study promises: in words, its score of confusions (..., k, k).
SCORES: dict[str, Callable[[Array], Array]] = {
    "accuracy": scores.accuracy,
    "TPR (recall)": _macro(scores.recall),
    "precision": _macro(scores.precision),
    "F-measure": scores.macro_f1,
    "G-measure √(P·R)": _macro(scores.g_measure),
    "G-mean √(TPR·TNR)": _macro(scores.g_mean),
}
BY_CLASS: dict[str, Callable[[Array], Array]] = {
    "TPR (recall)": scores.recall,
    "precision": scores.precision,
    "F-measure": scores.f1,
    "G-measure √(P·R)": scores.g_measure,
    "G-mean √(TPR·TNR)": scores.g_mean,
}


@dataclass(frozen=True)
class Found:
    """The results, and the judge of all arms: their differences are paired."""

    data: Data
    results: Results
    judge: Judge

    @classmethod
    def of(cls, data: Data, results: Results, seed: int) -> Self:
        """Return `results` with the draws of people and seeds."""
        test, rng = data.parts["test"], seeding.stream(seed, "bootstrap")
        seeds = len(results.records)
        return cls(
            data, results, Judge.over(test.labels, test.owners, len(data.classes), seeds, rng)
        )

    def called(self, arm: str) -> Array:
        """Return the classes called on test people (seeds, n)."""
        return np.stack([found[arm].shares.argmax(axis=1) for found in self.results.held_out])

    def score(self, arm: str, name: str) -> Interval:
        """Return one of `SCORES` on test people."""
        return self.judge.interval(self.called(arm), SCORES[name])

    def over(self, arm: str, other: str) -> Interval:
        """Return the macro-F1 of an arm minus that of another."""
        return self.judge.difference(self.called(arm), self.called(other), scores.macro_f1)

    def leaky(self, name: str) -> float:
        """Return one of `SCORES` of the published protocol, mean over the seeds."""
        matrices = [
            matrix(one.shares.argmax(axis=1), labels, len(self.data.classes))
            for one, labels in self.results.leaky
        ]
        return float(SCORES[name](np.stack(matrices)).mean())

    def confusion(self, arm: str) -> Array:
        """Return counts (k, k), summed over people and seeds."""
        return np.asarray(self.judge.confusions(self.called(arm)).sum(axis=(0, 1)))

    def best_so_far(self, name: str) -> Array:
        """Return the best validation macro-F1 after each training of a search, (seeds, trials)."""
        return np.stack([_rising(found[name]) for found in self.results.records])

    @property
    def trainings(self) -> dict[str, int]:
        """Return how many trainings each search had, all seeds."""
        names = self.results.records[0]
        return {
            name: sum(len(found[name].fitness) for found in self.results.records) for name in names
        }

    @property
    def diverged(self) -> int:
        """Return how many trainings of the searches had no numbers any more."""
        return sum(
            int(np.isinf(record.fitness).sum())
            for found in self.results.records
            for record in found.values()
        )


def _rising(record: Record) -> Array:
    return np.maximum.accumulate(np.maximum(record.fitness, 0))
