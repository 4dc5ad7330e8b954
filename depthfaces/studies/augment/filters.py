"""Filters that drop faces from training: by entropy, and by realism."""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]


class EntropyBounds(NamedTuple):
    """Entropies, in bits, below which a face counts as empty and above which as noise."""

    low: float
    high: float

    @classmethod
    def from_quantiles(cls, entropies: Array, low: float, high: float) -> Self:
        """Return the quantiles `low` and `high` of the `entropies` (n,) of real train faces."""
        return cls(*(float(bound) for bound in np.quantile(entropies, [low, high])))

    def is_outside(self, entropies: Array) -> Array:
        """Return which of `entropies` (n,) lie outside."""
        return (entropies < self.low) | (entropies > self.high)


def list_flagged(table: pd.DataFrame, entropies: Array, bounds: EntropyBounds) -> pd.DataFrame:
    """Return the rows of `table` (id, split, label) whose entropies (n,) lie outside, and why."""
    listed_faces = table[["id", "split", "label"]].assign(entropy=np.round(entropies, 4))
    listed_faces["reason"] = np.where(entropies < bounds.low, "too little", "too much")
    return listed_faces[bounds.is_outside(entropies)].sort_values("id").reset_index(drop=True)


def class_thresholds(scores: Array, labels: Array, quantile: float, classes: int) -> Array:
    """Return for each class the `quantile` of the discriminator's `scores` (n,) of real faces.

    The faces are validation people's, `labels` (n,) their classes: train faces the discriminator
    has seen, so it scores them too high.
    """
    return np.array([np.quantile(scores[labels == label], quantile) for label in range(classes)])


def is_realistic(scores: Array, labels: Array, minimum_scores: Array) -> Array:
    """Return which faces reach the minimum score of their class, `minimum_scores` (classes,)."""
    return np.asarray(scores >= minimum_scores[labels])
