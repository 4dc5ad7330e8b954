"""Classifiers: fitted on train faces, tuned on validation faces, one thread each."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from depthfaces.classify import forest, svm, tree, xgboost
from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

# (train, validation, x (n, D), seed, params) -> probabilities (n, k)
Classifier = Callable[[Sample, Sample, npt.NDArray[Any], int, Classify], npt.NDArray[Any]]

CLASSIFIERS: dict[str, Classifier] = {
    "xgboost": xgboost.fit_predict,
    "forest": forest.fit_predict,
    "tree": tree.fit_predict,
    "svm": svm.fit_predict,
}
