"""The primary space in which faces are compared: hand-crafted features, scaled, then PCA."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

Array = npt.NDArray[Any]
# Standard deviations at which a feature is clipped: one that hardly varies among real faces (a
# gradient in an empty corner) would drown all others.
MAX_DEVIATIONS = 5.0


@dataclass(frozen=True)
class Embedding:
    """Maps features (n, D) to points (n, d); `unit` makes the mean variance of a dimension 1."""

    scaler: StandardScaler
    pca: PCA
    unit: float

    @classmethod
    def fit(cls, train_features: Array, dimensions: int) -> Self:
        """Fit on real train faces alone; few faces or features allow fewer `dimensions`."""
        n_components = min(dimensions, len(train_features) - 1, train_features.shape[1])
        scaler = StandardScaler().fit(train_features.astype(float))
        # The full decomposition is exact and draws nothing.
        pca = PCA(n_components, svd_solver="full").fit(_standardised(scaler, train_features))
        return cls(scaler, pca, float(np.sqrt(pca.explained_variance_.mean())) or 1.0)

    def __call__(self, features: Array) -> Array:
        """Return the points (n, d) of `features` (n, D)."""
        return np.asarray(self.pca.transform(_standardised(self.scaler, features)) / self.unit)


def _standardised(scaler: StandardScaler, features: Array) -> Array:
    return np.asarray(
        np.clip(scaler.transform(features.astype(float)), -MAX_DEVIATIONS, MAX_DEVIATIONS)
    )
