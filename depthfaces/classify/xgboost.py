"""Gradient-boosted trees."""

from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

PATIENCE = 10  # rounds without a lower validation loss before training stops
MAX_SEED = 2**31
# Each tree sees 70 % of the faces, each node 30 % of the columns: neighbouring HOG cells say much
# the same, and without this every tree takes the same few.
SUBSAMPLE = {"subsample": 0.7, "colsample_bynode": 0.3}


def fit_predict(
    train: Sample, validation: Sample, x: npt.NDArray[Any], seed: int, params: Classify
) -> npt.NDArray[Any]:
    """Return probabilities (n, k) of the rows of `x`; validation decides how many trees.

    Only the `xgb_columns` columns that tell the train faces' classes apart best are used: the
    time of a tree grows with the columns, and accuracy does not.
    """
    columns = np.sort(np.argsort(-separation(train), kind="stable")[: params.xgb_columns])
    settings = {
        "objective": "multi:softprob",
        "num_class": int(train.y.max()) + 1,
        "tree_method": "hist",
        "max_depth": params.xgb_depth,
        "eta": params.xgb_rate,
        "nthread": 1,
        "seed": seed % MAX_SEED,
        "verbosity": 0,
        **SUBSAMPLE,
    }
    known = xgboost.QuantileDMatrix(train.x[:, columns], train.y, nthread=1)
    unknown = xgboost.QuantileDMatrix(validation.x[:, columns], validation.y, ref=known, nthread=1)
    booster = xgboost.train(
        settings,
        known,
        params.xgb_trees,
        evals=[(unknown, "validation")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    best = (0, booster.best_iteration + 1)
    return np.asarray(booster.inplace_predict(x[:, columns], iteration_range=best))


def separation(sample: Sample) -> npt.NDArray[Any]:
    """Return each column's variance between the classes over that within them, (D,).

    A column that does not vary scores 0.
    """
    x = sample.x.astype(np.float64)
    counts = np.bincount(sample.y)
    means = np.stack([x[sample.y == number].mean(axis=0) for number in range(len(counts))])
    between = counts @ (means - x.mean(axis=0)) ** 2
    within = ((x - means[sample.y]) ** 2).sum(axis=0)
    return np.asarray(np.divide(between, within, out=np.zeros_like(within), where=within > 0))
