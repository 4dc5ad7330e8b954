"""How sure a study's score is: draws of people and seeds by which all its arms are judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces.classify.scores import accuracy
from depthfaces.verdict import statistics

Array = npt.NDArray[Any]
Score = Callable[[Array], Array]  # confusions (..., k, k) -> (...)

DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True)
class Judge:
    """True classes `label` (n,) of the faces asked, their owners as numbers `person` (n,), draws.

    `who` (draws, people) and `which` (draws, seeds) are shared, so that differences are paired.
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
        """Return the judge of faces of `label` (n,) that belong to `owners` (n,), any names."""
        people, person = np.unique(owners, return_inverse=True)
        who, which = statistics.weights(len(people), seeds, DRAWS, rng)
        return cls(np.asarray(label), person, classes, who, which)

    def confusions(self, called: Array) -> Array:
        """Return counts (people, seeds, k, k) of the answers `called` (seeds, n); row is true."""
        seeds, k = len(called), self.classes
        shape = (self.who.shape[1], seeds, k, k)
        seed = np.arange(seeds)[:, None]
        places = np.ravel_multi_index(
            np.broadcast_arrays(self.person, seed, self.label, called), shape
        )
        return np.bincount(places.ravel(), minlength=int(np.prod(shape))).reshape(shape)

    def interval(self, called: Array, of: Score = accuracy) -> list[float]:
        """Return [value, low, high] of the score `of` the answers `called` (seeds, n)."""
        return self._bounds(*self._draws(called, of))

    def difference(self, called: Array, other: Array, of: Score = accuracy) -> list[float]:
        """Return [value, low, high] of the score of `called` minus that of `other`."""
        (one, ones), (two, twos) = self._draws(called, of), self._draws(other, of)
        return self._bounds(one - two, ones - twos)

    def chance(self, called: Array, other: Array, of: Score = accuracy) -> float:
        """Return the two-sided p of "no difference" of the two, not adjusted for anything."""
        draws = self._draws(called, of)[1] - self._draws(other, of)[1]
        return statistics.two_sided(draws)

    def _draws(self, called: Array, of: Score) -> tuple[float, Array]:
        """Return the mean over the seeds, and the same in each draw."""
        matrices = self.confusions(called)
        return float(of(matrices.sum(axis=0)).mean()), statistics.bootstrap(
            matrices, self.who, self.which, of
        )

    @staticmethod
    def _bounds(value: float, draws: Array) -> list[float]:
        return [value, *statistics.interval(draws, LEVEL)]

    def mean(self, values: Array) -> list[float]:
        """Return [value, low, high] of the mean of any numbers (seeds, n), a face's loss say."""
        sums = np.stack([np.bincount(self.person, row, self.who.shape[1]) for row in values], 1)
        counts = np.bincount(self.person, minlength=self.who.shape[1])
        by_seed = (self.who @ sums) / (self.who @ counts)[:, None]
        draws = (by_seed * self.which).sum(axis=1) / self.which.sum(axis=1)
        return self._bounds(float(values.mean()), draws)


def side(interval: list[float]) -> int:
    """Return 1 for a difference above 0 for sure, -1 for one below, 0 where that is open."""
    _, low, high = interval
    return (low > 0) - (high < 0)


def points(interval: list[float]) -> str:
    """Return a difference of shares with its interval, in points of a hundred."""
    value, low, high = (f"{100 * number:+.1f}".replace("-", "−") for number in interval)
    return f"{value} points ({low} to {high})"
