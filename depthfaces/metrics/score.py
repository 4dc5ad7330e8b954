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
    share_splits = np.array_split(shares[rng.permutation(len(shares))], splits)
    split_scores = [
        np.exp(rel_entr(split_shares, split_shares.mean(axis=0)).sum(axis=1).mean())
        for split_shares in share_splits
    ]
    return float(np.mean(split_scores))
