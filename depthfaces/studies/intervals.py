"""Bootstrap intervals of a study's scores, over people and seeds, paired between its arms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces.classify.scores import accuracy
from depthfaces.verdict import statistics

Array = npt.NDArray[Any]
Score = Callable[[Array], Array]  # confusions (..., k, k) -> (...)

BOOTSTRAP_DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Judge:
    """True classes `label` (n,) of test faces, their owners as indices `person` (n,), and draws.

    `who` (draws, people) and `which` (draws, seeds) are bootstrap weights; all arms share them, so
    that differences are paired.
    """

    label: Array
    person: Array
    classes: int
    who: Array
    which: Array

    @classmethod
    def over(
        cls, label: Array, owners: Array, classes: int, seeds: int, rng: np.random.Generator
    ) -> Self:
        """Return the judge of faces with classes `label` (n,) that belong to `owners` (n,)."""
        distinct_owners, person = np.unique(owners, return_inverse=True)
        person_draws, seed_draws = statistics.weights(
            len(distinct_owners), seeds, BOOTSTRAP_DRAWS, rng
        )
        return cls(np.asarray(label), person, classes, person_draws, seed_draws)

    def confusions(self, predicted: Array) -> Array:
        """Return confusions (people, seeds, k, k) of `predicted` (seeds, n); row is true."""
        seed_count, k = len(predicted), self.classes
        count_shape = (self.who.shape[1], seed_count, k, k)
        seed_index = np.arange(seed_count)[:, None]
        cell_indices = np.ravel_multi_index(
            np.broadcast_arrays(self.person, seed_index, self.label, predicted), count_shape
        )
        return np.bincount(cell_indices.ravel(), minlength=int(np.prod(count_shape))).reshape(
            count_shape
        )

    def interval(self, predicted: Array, score: Score = accuracy) -> list[float]:
        """Return [value, low, high] of the `score` of predictions (seeds, n)."""
        return self._with_interval(*self._score_draws(predicted, score))

    def difference(
        self, predicted: Array, other_predicted: Array, score: Score = accuracy
    ) -> list[float]:
        """Return [value, low, high] of the score of `predicted` minus that of `other_predicted`."""
        (value, draws), (other_value, other_draws) = (
            self._score_draws(predicted, score),
            self._score_draws(other_predicted, score),
        )
        return self._with_interval(value - other_value, draws - other_draws)

    def p_value(self, predicted: Array, other_predicted: Array, score: Score = accuracy) -> float:
        """Return the two-sided p of "no difference", without any adjustment."""
        difference_draws = (
            self._score_draws(predicted, score)[1] - self._score_draws(other_predicted, score)[1]
        )
        return statistics.two_sided(difference_draws)

    def _score_draws(self, predicted: Array, score: Score) -> tuple[float, Array]:
        """Return the score's mean over the seeds, and its bootstrap draws."""
        confusion_matrices = self.confusions(predicted)
        return float(score(confusion_matrices.sum(axis=0)).mean()), statistics.bootstrap(
            confusion_matrices, self.who, self.which, score
        )

    @staticmethod
    def _with_interval(value: float, draws: Array) -> list[float]:
        return [value, *statistics.interval(draws, LEVEL)]

    def mean(self, values: Array) -> list[float]:
        """Return [value, low, high] of the mean of any numbers (seeds, n), such as losses."""
        person_sums = np.stack(
            [np.bincount(self.person, seed_values, self.who.shape[1]) for seed_values in values], 1
        )
        face_counts = np.bincount(self.person, minlength=self.who.shape[1])
        seed_means = (self.who @ person_sums) / (self.who @ face_counts)[:, None]
        mean_draws = (seed_means * self.which).sum(axis=1) / self.which.sum(axis=1)
        return self._with_interval(float(values.mean()), mean_draws)


def side(interval: list[float]) -> int:
    """Return 1 for an interval above 0, -1 for one below, 0 for one that holds 0."""
    _, low, high = interval
    return (low > 0) - (high < 0)


def points(interval: list[float]) -> str:
    """Return a difference of shares with its interval, in percentage points."""
    value, low, high = (f"{100 * number:+.1f}".replace("-", "−") for number in interval)
    return f"{value} points ({low} to {high})"
