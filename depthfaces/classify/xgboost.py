"""Gradient-boosted trees."""

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import xgboost

from depthfaces import files
from depthfaces.classify.columns import telling
from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

Array = npt.NDArray[Any]

PATIENCE = 10  # rounds without a lower validation loss before training stops
MAX_SEED = 2**31
# Each tree sees 70 % of the faces, each node 30 % of the columns: neighbouring HOG cells say much
# the same, and without this every tree takes the same few.
SUBSAMPLE = {"subsample": 0.7, "colsample_bynode": 0.3}
BINS = 64  # steps in which a column's values are told apart


class Xgboost:
    """A booster and the columns that it reads; validation decides how many trees."""

    view: ClassVar[str] = "features"

    def __init__(self, booster: xgboost.Booster, columns: Array) -> None:
        self.booster, self.columns = booster, columns

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit to the `xgb_columns` columns that tell the train faces' classes apart best."""
        train = train.used()
        columns = telling(train, params.xgb_columns)
        settings = {
            "objective": "multi:softprob",
            "num_class": int(train.y.max()) + 1,
            "tree_method": "hist",
            "max_bin": BINS,
            "max_depth": params.xgb_depth,
            "eta": params.xgb_rate,
            "nthread": 1,
            "seed": seed % MAX_SEED,
            "verbosity": 0,
            **SUBSAMPLE,
        }
        shared = {"max_bin": BINS, "nthread": 1}
        known = xgboost.QuantileDMatrix(train.x[:, columns], train.y, weight=train.w, **shared)
        held = validation.x[:, columns]
        unknown = xgboost.QuantileDMatrix(held, validation.y, ref=known, **shared)
        booster = xgboost.train(
            settings,
            known,
            params.xgb_trees,
            evals=[(unknown, "validation")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        return cls(booster[: booster.best_iteration + 1], columns)

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k)."""
        return np.asarray(self.booster.inplace_predict(np.asarray(x[:, self.columns], np.float32)))

    def save(self, folder: Path) -> None:
        """Write FOLDER/booster.ubj, which XGBoost anywhere reads, and columns.npz with its sha256.

        Without it a damaged booster would end the process: XGBoost does not look before it reads.
        """
        with files.atomic(folder / "booster.ubj") as temporary:
            self.booster.save_model(temporary)
        mark = np.array(files.checksum(folder / "booster.ubj"))
        files.write_npz(folder / "columns.npz", columns=self.columns, booster=mark)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        path = folder / "booster.ubj"
        known = files.read_npz(folder / "columns.npz", "columns", "booster")
        with files.intact(path):
            if files.checksum(path) != str(known["booster"]):
                raise ValueError("another sha256 than columns.npz has for it")
            return cls(xgboost.Booster({"nthread": 1}, model_file=path), known["columns"])
