"""The space in which faces are compared: hand-made features, scaled, then PCA."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

Array = npt.NDArray[Any]
# Standard deviations at which a feature is cut off: one that hardly varies among real faces (a
# gradient in an empty corner) would drown all others.
REACH = 5.0


@dataclass(frozen=True)
class Embedding:
    """Features (n, D) to points (n, d); `unit` makes the mean variance of a dimension 1."""

    scaler: StandardScaler
    pca: PCA
    unit: float

    @classmethod
    def fit(cls, train: Array, dimensions: int) -> Self:
        """Fit on real train faces alone; few faces or features allow fewer `dimensions`."""
        d = min(dimensions, len(train) - 1, train.shape[1])
        scaler = StandardScaler().fit(train.astype(float))
        # The full decomposition is exact and draws nothing.
        pca = PCA(d, svd_solver="full").fit(_scaled(scaler, train))
        return cls(scaler, pca, float(np.sqrt(pca.explained_variance_.mean())) or 1.0)

    def __call__(self, x: Array) -> Array:
        """Return the points (n, d) of the features `x` (n, D)."""
        return np.asarray(self.pca.transform(_scaled(self.scaler, x)) / self.unit)


def _scaled(scaler: StandardScaler, x: Array) -> Array:
    return np.asarray(np.clip(scaler.transform(x.astype(float)), -REACH, REACH))
