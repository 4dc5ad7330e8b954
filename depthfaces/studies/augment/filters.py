"""Which faces are left out of a training: by their entropy, and by how real they look."""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]


class Bounds(NamedTuple):
    """The entropies, in bits, between which a face counts as neither noise nor nothing."""

    low: float
    high: float

    @classmethod
    def of(cls, entropies: Array, low: float, high: float) -> Self:
        """Return the quantiles `low` and `high` of the `entropies` (n,) of real train faces."""
        return cls(*(float(bound) for bound in np.quantile(entropies, [low, high])))

    def flags(self, entropies: Array) -> Array:
        """Return which of `entropies` (n,) lie outside."""
        return (entropies < self.low) | (entropies > self.high)


def flagged(table: pd.DataFrame, entropies: Array, bounds: Bounds) -> pd.DataFrame:
    """Return the rows of `table` (id, split, label) whose entropies (n,) lie outside, and why."""
    found = table[["id", "split", "label"]].assign(entropy=np.round(entropies, 4))
    found["reason"] = np.where(entropies < bounds.low, "too little", "too much")
    return found[bounds.flags(entropies)].sort_values("id").reset_index(drop=True)


def thresholds(scores: Array, labels: Array, quantile: float, classes: int) -> Array:
    """Return for each class the `quantile` of the discriminator's `scores` (n,) of real faces.

    The faces are validation people's, `labels` (n,) their classes: train faces the discriminator
    has seen, so it scores them too high.
    """
    return np.array([np.quantile(scores[labels == label], quantile) for label in range(classes)])


def realistic(scores: Array, labels: Array, least: Array) -> Array:
    """Return which faces score at least their class's threshold in `least` (classes,)."""
    return np.asarray(scores >= least[labels])
