"""The faces that are compared: equally many of each set, with all that is known of them."""

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
# What the chosen faces of real people are called, by split.
HELD_OUT, TRAIN, VALIDATION = "real-test", "real-train", "real-validation"
SPLITS = {HELD_OUT: "test", TRAIN: "train", VALIDATION: "validation"}


@dataclass(frozen=True)
class Side:
    """Faces as `points` (n, d), `shares` (n, k) of a real-trained reader, `label` (n,), `images`.

    `images` (n, S, S) in [-1, 1] is None where only features are known.
    """

    points: Array
    shares: Array
    label: Array
    images: Array | None

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.points)

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows`."""
        images = None if self.images is None else self.images[rows]
        return type(self)(self.points[rows], self.shares[rows], self.label[rows], images)


@dataclass(frozen=True)
class Space:
    """The primary space and the reader in it, a logistic regression; both know real train only."""

    embedding: Embedding
    reader: LogisticRegression

    @classmethod
    def fit(cls, train: FeatureSet, dimensions: int) -> Self:
        """Fit both on the features of real train faces."""
        embedding = Embedding.fit(train.x, dimensions)
        reader = LogisticRegression(C=0.1, max_iter=1000).fit(embedding(train.x), train.label)
        return cls(embedding, reader)

    def side(self, x: Array, label: Array, images: Array | None) -> Side:
        """Return features `x` (n, D) as one side."""
        points = self.embedding(x)
        return Side(points, np.asarray(self.reader.predict_proba(points)), label, images)


def choose(sets: dict[str, FeatureSet], params: Params) -> dict[str, Array]:
    """Return {set: rows}: as many faces of each, with the held-out people's mix of classes.

    Distances between samples depend on their size, and a different mix of classes is a distance.
    Real faces come twice: `HELD_OUT` and `TRAIN`, rows of the set real.
    """
    rows = {name: part for name, part in available(sets).items() if name != VALIDATION}
    labels = {name: sets[owner(name)].label[part] for name, part in rows.items()}
    # A stream for each set: which of its faces are drawn does not hang on what else is there.
    rngs = [seeding.stream(params.seed, "compare", name) for name in rows]
    chosen = matched(list(labels.values()), params.compare.faces, rngs)
    return {name: part[places] for (name, part), places in zip(rows.items(), chosen, strict=True)}


def available(sets: dict[str, FeatureSet]) -> dict[str, Array]:
    """Return {set: rows} of all faces that may be compared, the held-out people's first."""
    real = sets["real"]
    rows = {name: np.flatnonzero(real.split == split) for name, split in SPLITS.items()}
    names = sorted(set(sets) - set(NO_GENERATORS))
    return rows | {name: np.arange(len(sets[name])) for name in names}


def owner(name: str) -> str:
    """Return the name of the feature set that the faces called `name` are rows of."""
    return "real" if name in SPLITS else name


def matched(labels: list[Array], most: int, rngs: list[np.random.Generator]) -> list[Array]:
    """Return the rows of each set drawn to one size, at most `most`, and to the first's mix."""
    classes = sorted(set(labels[0]))
    counts = np.array([[np.sum(label == name) for name in classes] for label in labels])
    share = min(1.0, float((counts / counts[0]).min()), most / len(labels[0]))
    # A hair above: 49 / 49 of 49 is less than 49 in floats.
    wanted = np.floor(counts[0] * share + 1e-9).astype(int)
    return [
        np.sort(
            np.concatenate(
                [
                    rng.permutation(np.flatnonzero(label == name))[:count]
                    for name, count in zip(classes, wanted, strict=True)
                ]
            )
        )
        for label, rng in zip(labels, rngs, strict=True)
    ]


def pictures(images: dict[str, FaceSet], name: str, rows: Array, ids: Array) -> Array | None:
    """Return the images (n, S, S) of chosen faces, or None where the set has none on disk.

    `ids` are the feature set's at those rows: both must speak of the same faces.
    """
    if owner(name) not in images:
        return None
    faces = images[owner(name)]
    assert list(faces.table["id"].iloc[rows]) == list(ids), "features and images in one order"
    return np.array(faces.images[rows], np.float32)
