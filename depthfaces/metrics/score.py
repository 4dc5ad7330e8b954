"""Inception score, from the class probabilities that any classifier gives."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def inception_score(*, shares: Array, splits: int, rng: np.random.Generator) -> float:
    """Return exp of the mean KL from each row of `shares` (n, k) to their mean; 1 to k.

    Salimans et al. (2016). Rows are shuffled before they are split: a folder sorted by class
    would else score 1. The score never sees a real face, so it says nothing of likeness.
    """
    if len(shares) < splits:
        raise UndefinedError(f"needs {splits} faces, found {len(shares)}")
    parts = np.array_split(shares[rng.permutation(len(shares))], splits)
    scores = [np.exp(rel_entr(part, part.mean(axis=0)).sum(axis=1).mean()) for part in parts]
    return float(np.mean(scores))
