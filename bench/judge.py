"""A judge of generated faces on hand-made features, by which no generator was trained or chosen."""

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
NEIGHBOUR_COUNT = 5
FEATURE_FAMILIES = ["lbp", "hog", "sobel", "intensity"]  # the paper's


class Judge:
    """Compares faces with the people of one held-out split, and with the train people."""

    def __init__(self, faces: FaceSet, params: Params, split: str, count: int) -> None:
        """Fit embedding and classifier on train people; compare `count` faces on each side."""
        self.params, self.count = params, count
        train_faces, held_out_faces = faces.split("train"), faces.split(split)
        x = self._features(train_faces.images)
        self.embedding = Embedding.fit(x, params.compare.dimensions)
        self.svm: Pipeline = make_pipeline(StandardScaler(), SVC(C=10)).fit(x, train_faces.targets)
        held_out_x = self._features(held_out_faces.images)
        self.held = self.embedding(held_out_x)
        rng = np.random.default_rng(0)
        self.train = self.embedding(x)[rng.permutation(len(x))[:count]]
        other_train = self.embedding(x)[rng.permutation(len(x))[:count]]
        self.floor = frechet_distance(real=self.held, fake=other_train)
        self.accuracy = float((self.svm.predict(held_out_x) == held_out_faces.targets).mean())

    def _features(self, images: Array) -> Array:
        feature_settings = self.params.features.model_copy(update={"families": FEATURE_FAMILIES})
        return extract(np.asarray(images, np.float32), feature_settings)[0]

    def __call__(self, images: Array, labels: Array) -> dict[str, float]:
        """Return the scores of generated faces (n, S, S) of the classes `labels` (n,).

        fd_ratio: Fréchet distance to the held-out people over that of as many train faces; recall
        and coverage: of the train people; label: the share a real-trained SVM recognises over its
        accuracy on the held-out people; label_least: of the worst class.
        """
        x = self._features(images)
        points = self.embedding(x)
        is_right = self.svm.predict(x) == labels
        class_accuracies = [is_right[labels == label].mean() for label in np.unique(labels)]
        train_and_fake = {"real": self.train, "fake": points, "neighbours": NEIGHBOUR_COUNT}
        return {
            "fd_ratio": frechet_distance(real=self.held, fake=points) / self.floor,
            "recall": recall(**train_and_fake),
            "coverage": coverage(**train_and_fake),
            "label": float(is_right.mean()) / self.accuracy,
            "label_least": float(min(class_accuracies)) / self.accuracy,
        }
