"""A Gaussian kernel on every face of a class, in the space of principal components."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from depthfaces.baselines.density import by_class, choose, sampler
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.baselines.space import Space
from depthfaces.faces import FaceSet
from depthfaces.schema import Params


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Try each of `baselines.bandwidths` and keep the one that suits `validation`."""
    space = Space(train, settings.baselines.pca, seed)
    points, held = (by_class(faces, train.classes, space) for faces in (train, validation))
    return sampler(choose(points, held, settings.baselines.bandwidths, Kernels), space)


class Kernels:
    """p(x) = mean over the faces f of N(x; f, h^2 I), h = `bandwidth`."""

    def __init__(self, points: Array, bandwidth: float) -> None:
        self.points, self.bandwidth = points, bandwidth

    def score_samples(self, points: Array) -> Array:
        """Return the log density (n,)."""
        count, dimensions = self.points.shape
        square = cdist(points, self.points, "sqeuclidean") / self.bandwidth**2
        norm = dimensions * np.log(self.bandwidth * np.sqrt(2 * np.pi)) + np.log(count)
        return np.asarray(logsumexp(-square / 2, axis=1) - norm)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return `count` draws (count, k)."""
        centres = self.points[rng.integers(len(self.points), size=count)]
        return np.asarray(centres + self.bandwidth * rng.standard_normal(centres.shape))
