"""A random forest."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier

from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

MAX_SEED = 2**32


def fit_predict(
    train: Sample, validation: Sample, x: npt.NDArray[Any], seed: int, params: Classify
) -> npt.NDArray[Any]:
    """Return probabilities (n, k) of the rows of `x`; nothing is tuned on validation."""
    forest = RandomForestClassifier(params.forest_trees, random_state=seed % MAX_SEED)
    return np.asarray(forest.fit(*train).predict_proba(x))
