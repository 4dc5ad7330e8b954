"""A judge of made faces that no generator was trained or chosen by: hand-made features."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from depthfaces.faces import FaceSet
from depthfaces.features import extract
from depthfaces.metrics.embedding import Embedding
from depthfaces.metrics.frechet import frechet_distance
from depthfaces.metrics.manifold import coverage, recall
from depthfaces.schema import Params

Array = npt.NDArray[Any]
NEIGHBOURS = 5
FAMILIES = ["lbp", "hog", "sobel", "intensity"]  # the paper's


class Judge:
    """Compares faces with the people of one held-out split, and with the train people."""

    def __init__(self, faces: FaceSet, params: Params, split: str, count: int) -> None:
        """Fit the space and the classifier on train people; `count` faces stand on each side."""
        self.params, self.count = params, count
        train, held = faces.split("train"), faces.split(split)
        x = self._features(train.images)
        self.embedding = Embedding.fit(x, params.compare.dimensions)
        self.svm: Pipeline = make_pipeline(StandardScaler(), SVC(C=10)).fit(x, train.targets)
        held_x = self._features(held.images)
        self.held = self.embedding(held_x)
        rng = np.random.default_rng(0)
        self.train = self.embedding(x)[rng.permutation(len(x))[:count]]
        other = self.embedding(x)[rng.permutation(len(x))[:count]]
        self.floor = frechet_distance(real=self.held, fake=other)
        self.accuracy = float((self.svm.predict(held_x) == held.targets).mean())

    def _features(self, images: Array) -> Array:
        chosen = self.params.features.model_copy(update={"families": FAMILIES})
        return extract(np.asarray(images, np.float32), chosen)[0]

    def __call__(self, images: Array, labels: Array) -> dict[str, float]:
        """Return the figures of made faces (n, S, S) and their classes (n,).

        fd_ratio: Fréchet distance to the held-out people over that of as many train faces; recall
        and coverage: of the train people; label: the share a real-trained SVM recognises over its
        accuracy on the held-out people; label_least: of the worst class.
        """
        x = self._features(images)
        points = self.embedding(x)
        right = self.svm.predict(x) == labels
        by_class = [right[labels == label].mean() for label in np.unique(labels)]
        against = {"real": self.train, "fake": points, "neighbours": NEIGHBOURS}
        return {
            "fd_ratio": frechet_distance(real=self.held, fake=points) / self.floor,
            "recall": recall(**against),
            "coverage": coverage(**against),
            "label": float(right.mean()) / self.accuracy,
            "label_least": float(min(by_class)) / self.accuracy,
        }
