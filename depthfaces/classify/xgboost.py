"""Gradient-boosted trees."""

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import xgboost

from depthfaces import files
from depthfaces.classify.columns import most_discriminative_columns
from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

Array = npt.NDArray[Any]

PATIENCE = 10  # rounds without a lower validation loss before early stopping
MAX_SEED = 2**31
# Each tree gets 70 % of the faces, each node 30 % of the columns: neighbouring HOG cells are highly
# correlated, and without this every tree uses the same few.
SUBSAMPLE = {"subsample": 0.7, "colsample_bynode": 0.3}
BINS = 64  # of a column's histogram


class Xgboost:
    """A booster and the columns that it reads; validation picks the number of trees."""

    view: ClassVar[str] = "features"

    def __init__(self, booster: xgboost.Booster, columns: Array) -> None:
        self.booster, self.columns = booster, columns

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit to the `params.xgb_columns` most discriminative columns of the train faces."""
        train = train.used()
        columns = most_discriminative_columns(train, params.xgb_columns)
        booster_settings = {
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
        matrix_options = {"max_bin": BINS, "nthread": 1}
        train_matrix = xgboost.QuantileDMatrix(
            train.x[:, columns], train.y, weight=train.w, **matrix_options
        )
        validation_x = validation.x[:, columns]
        validation_matrix = xgboost.QuantileDMatrix(
            validation_x, validation.y, ref=train_matrix, **matrix_options
        )
        booster = xgboost.train(
            booster_settings,
            train_matrix,
            params.xgb_trees,
            evals=[(validation_matrix, "validation")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        return cls(booster[: booster.best_iteration + 1], columns)

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k)."""
        return np.asarray(self.booster.inplace_predict(np.asarray(x[:, self.columns], np.float32)))

    def save(self, folder: Path) -> None:
        """Write FOLDER/booster.ubj, readable by any XGBoost, and columns.npz with its sha256.

        Without it a damaged booster would crash the process: XGBoost does not validate its input.
        """
        with files.atomic(folder / "booster.ubj") as temporary:
            self.booster.save_model(temporary)
        booster_checksum = np.array(files.checksum(folder / "booster.ubj"))
        files.write_npz(folder / "columns.npz", columns=self.columns, booster=booster_checksum)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        booster_path = folder / "booster.ubj"
        stored = files.read_npz(folder / "columns.npz", "columns", "booster")
        with files.intact(booster_path):
            if files.checksum(booster_path) != str(stored["booster"]):
                raise ValueError("another sha256 than columns.npz has for it")
            return cls(xgboost.Booster({"nthread": 1}, model_file=booster_path), stored["columns"])
