"""The faces that are compared: equally many of each set, with their points, labels and images."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet
from depthfaces.metrics.embedding import Embedding
from depthfaces.schema import Params

Array = npt.NDArray[Any]
NO_GENERATORS = ("real", "augmented", "posed")
# Names of the compared faces of real people, and the split of each.
HELD_OUT, TRAIN, VALIDATION = "real-test", "real-train", "real-validation"
SPLIT_OF_SIDE = {HELD_OUT: "test", TRAIN: "train", VALIDATION: "validation"}


@dataclass(frozen=True)
class Side:
    """Faces as `points` (n, d), `label` (n,), and `probabilities` (n, k) of a real-trained reader.

    `images` (n, S, S) in [-1, 1] is None where only features are known.
    """

    points: Array
    probabilities: Array
    label: Array
    images: Array | None

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.points)

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows`."""
        images = None if self.images is None else self.images[rows]
        return type(self)(self.points[rows], self.probabilities[rows], self.label[rows], images)


@dataclass(frozen=True)
class Space:
    """The primary space and its reader, a logistic regression, both fitted on real train faces."""

    embedding: Embedding
    reader: LogisticRegression

    @classmethod
    def fit(cls, train_features: FeatureSet, dimensions: int) -> Self:
        """Fit both on the features of real train faces."""
        embedding = Embedding.fit(train_features.x, dimensions)
        reader = LogisticRegression(C=0.1, max_iter=1000).fit(
            embedding(train_features.x), train_features.label
        )
        return cls(embedding, reader)

    def side_of_features(self, features: Array, label: Array, images: Array | None) -> Side:
        """Return the side of `features` (n, D)."""
        points = self.embedding(features)
        return Side(points, np.asarray(self.reader.predict_proba(points)), label, images)


def choose_rows(feature_sets: dict[str, FeatureSet], params: Params) -> dict[str, Array]:
    """Return {set: rows}: equally many faces of each, with the held-out people's class mix.

    Distances between samples depend on their size, and a different mix of classes is a distance.
    Real faces come twice: `HELD_OUT` and `TRAIN`, rows of the set real.
    """
    rows_by_set = {
        name: set_rows
        for name, set_rows in available_rows(feature_sets).items()
        if name != VALIDATION
    }
    set_labels = {
        name: feature_sets[feature_set_name(name)].label[set_rows]
        for name, set_rows in rows_by_set.items()
    }
    # One random stream per set: which faces are drawn does not depend on the other sets.
    rngs = [seeding.stream(params.seed, "compare", name) for name in rows_by_set]
    chosen = matched_rows(list(set_labels.values()), params.compare.faces, rngs)
    return {
        name: set_rows[places]
        for (name, set_rows), places in zip(rows_by_set.items(), chosen, strict=True)
    }


def available_rows(feature_sets: dict[str, FeatureSet]) -> dict[str, Array]:
    """Return {set: rows} of all faces that may be compared, the held-out people first."""
    real_features = feature_sets["real"]
    rows_by_set = {
        name: np.flatnonzero(real_features.split == split) for name, split in SPLIT_OF_SIDE.items()
    }
    set_names = sorted(set(feature_sets) - set(NO_GENERATORS))
    return rows_by_set | {name: np.arange(len(feature_sets[name])) for name in set_names}


def feature_set_name(name: str) -> str:
    """Return the name of the feature set that holds the faces of the side `name`."""
    return "real" if name in SPLIT_OF_SIDE else name


def matched_rows(
    set_labels: list[Array], max_faces: int, rngs: list[np.random.Generator]
) -> list[Array]:
    """Return rows of each set, drawn to one size (at most `max_faces`) and the first set's mix."""
    class_names = sorted(set(set_labels[0]))
    counts_by_set = np.array(
        [[np.sum(label == class_name) for class_name in class_names] for label in set_labels]
    )
    common_share = min(
        1.0, float((counts_by_set / counts_by_set[0]).min()), max_faces / len(set_labels[0])
    )
    # A hair above: 49 / 49 of 49 is less than 49 in floats.
    class_counts = np.floor(counts_by_set[0] * common_share + 1e-9).astype(int)
    return [
        np.sort(
            np.concatenate(
                [
                    rng.permutation(np.flatnonzero(label == class_name))[:class_count]
                    for class_name, class_count in zip(class_names, class_counts, strict=True)
                ]
            )
        )
        for label, rng in zip(set_labels, rngs, strict=True)
    ]


def chosen_images(
    face_sets: dict[str, FaceSet], name: str, rows: Array, ids: Array
) -> Array | None:
    """Return the images (n, S, S) of chosen faces, or None where the set has none on disk.

    `ids` are those of the feature set at `rows`: both must describe the same faces.
    """
    if feature_set_name(name) not in face_sets:
        return None
    face_set = face_sets[feature_set_name(name)]
    assert list(face_set.table["id"].iloc[rows]) == list(ids), "features and images in one order"
    return np.array(face_set.images[rows], np.float32)
