"""The space in which densities are fitted: whitened principal components of the train faces."""

import numpy as np
from sklearn.decomposition import PCA

from depthfaces.baselines.samples import Array
from depthfaces.faces import FaceSet

# Components that vary less than this share of the first are rounding errors.
FLAT = 1e-4


class Space:
    """Faces (n, S, S) to points (n, k) of unit variance, and back."""

    def __init__(self, train: FaceSet, dimensions: int, seed: int) -> None:
        self.side = train.images.shape[1]
        most = min(dimensions, len(train) - 1, self.side**2)
        pca = PCA(most, svd_solver="randomized", random_state=seed % 2**32).fit(_flat(train))
        deviation = np.sqrt(pca.explained_variance_)
        kept = deviation > FLAT * deviation[0]
        self.mean, self.axes, self.deviation = pca.mean_, pca.components_[kept], deviation[kept]

    def points(self, faces: FaceSet) -> Array:
        """Return the points (n, k) of `faces`."""
        return np.asarray((_flat(faces) - self.mean) @ self.axes.T / self.deviation)

    def faces(self, points: Array) -> Array:
        """Return the faces (n, S, S) float32 at `points` (n, k)."""
        flat = points * self.deviation @ self.axes + self.mean
        return np.asarray(flat.reshape(-1, self.side, self.side), np.float32)


def _flat(faces: FaceSet) -> Array:
    return np.asarray(faces.images, np.float64).reshape(len(faces), -1)
