"""A single decision tree, cut back by validation."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier

from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

MAX_SEED = 2**32
LEAVES = (1, 4, 16)  # smallest leaf, in faces; a full tree learns its faces by heart


def fit_predict(
    train: Sample, validation: Sample, x: npt.NDArray[Any], seed: int, params: Classify
) -> npt.NDArray[Any]:
    """Return probabilities (n, k) of the rows of `x`; validation decides the smallest leaf."""
    trees = [
        DecisionTreeClassifier(min_samples_leaf=leaf, random_state=seed % MAX_SEED).fit(*train)
        for leaf in LEAVES
    ]
    best = max(trees, key=lambda tree: tree.score(*validation))
    return np.asarray(best.predict_proba(x))
