"""A mixture of Gaussians for each class, in the space of principal components."""

import warnings
from functools import partial

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from depthfaces.baselines.density import by_class, choose, sampler
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.baselines.space import Space
from depthfaces.faces import FaceSet
from depthfaces.schema import Params

# Added to each variance, in units of the whitened space: a class has few faces for k (k + 1) / 2
# covariances, and none may collapse onto a face.
FLOOR = 0.05
FACES = 5  # a component is not fitted to fewer faces, on average


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Fit with each of `baselines.components` and keep the one that suits `validation`."""
    space = Space(train, settings.baselines.pca, seed)
    points, held = (by_class(faces, train.classes, space) for faces in (train, validation))
    return sampler(
        choose(points, held, settings.baselines.components, partial(Mixture, seed)), space
    )


class Mixture:
    """Gaussians with full covariances, fitted by expectation-maximisation."""

    def __init__(self, seed: int, points: Array, components: int) -> None:
        enough = points if len(points) > 1 else np.repeat(points, 2, axis=0)
        self.model = GaussianMixture(
            max(1, min(components, len(points) // FACES)),
            reg_covar=FLOOR,
            init_params="random_from_data",
            random_state=seed % 2**32,
        )
        with warnings.catch_warnings():  # stopped at the most steps: as good as it gets
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.fit(enough)

    def score_samples(self, points: Array) -> Array:
        """Return the log density (n,)."""
        return np.asarray(self.model.score_samples(points))

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return `count` draws (count, k)."""
        parts = rng.choice(len(self.model.weights_), size=count, p=self.model.weights_)
        roots = np.linalg.cholesky(self.model.covariances_)
        noise = rng.standard_normal((count, self.model.means_.shape[1]))
        return np.asarray(self.model.means_[parts] + np.einsum("nij,nj->ni", roots[parts], noise))
