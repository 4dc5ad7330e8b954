"""Every metric of every generated set, each beside its floor, in every space."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet
from depthfaces.metrics import measure as m
from depthfaces.metrics.diversity import vendi
from depthfaces.metrics.embedding import Embedding
from depthfaces.metrics.neighbours import nearest
from depthfaces.metrics.protocol import published
from depthfaces.metrics.sides import HELD_OUT, TRAIN, Side, Space, choose, pictures
from depthfaces.metrics.undefined import attempt
from depthfaces.schema import Params

Array = npt.NDArray[Any]
Vectors = dict[str, dict[str, Array]]


class Sides:
    """The sides of a comparison: `reference` (real people), `fakes` by name, `validation`."""

    def __init__(
        self, sets: dict[str, FeatureSet], images: dict[str, FaceSet], params: Params
    ) -> None:
        """Choose the faces and place them in the primary space."""
        real, rows = sets["real"], choose(sets, params)
        self.rows = rows
        self.space = Space.fit(real.part("train"), params.compare.dimensions)
        self.sides = {name: self._side(name, part, sets, images) for name, part in rows.items()}
        self.validation = self._side(
            HELD_OUT, np.flatnonzero(real.split == "validation"), sets, images
        )
        train, test = real.part("train"), real.part("test")
        self.reference = m.Reference(
            self.sides[HELD_OUT],
            self.sides[TRAIN],
            self.space.embedding(train.x),
            self._people(train),
            self._people(test),
        )
        self.fakes = {name: self.sides[name] for name in rows if name not in (HELD_OUT, TRAIN)}

    def _side(
        self, name: str, rows: Array, sets: dict[str, FeatureSet], images: dict[str, FaceSet]
    ) -> Side:
        found = sets[name if name in sets else "real"].pick(rows)
        return self.space.side(found.x, found.label, pictures(images, name, rows, found.id))

    def _people(self, found: FeatureSet) -> list[Array]:
        points = self.space.embedding(found.x)
        known = sorted(set(found.subject) - {""})
        return [points[found.subject == subject] for subject in known]


def fidelity(
    sets: dict[str, FeatureSet], sides: Sides, vectors: Vectors, params: Params
) -> dict[str, Any]:
    """Return `embedding`, `sets` {set: {metric: {value, floor}}}, `spaces`, `undefined`, ...

    Sets are compared with held-out people, so that copying the train faces wins nothing. The
    floor is what equally many real train faces score in a set's place; of memorisation, what
    people score who took no part in training.
    """
    reference = sides.reference
    floors = m.measure(reference, reference.train, params)
    floors |= m.memory(reference, sides.validation.points)
    values = {name: m.measure(reference, fake, params) for name, fake in sides.fakes.items()}
    spaces = {name: space(found, params) for name, found in vectors.items()}
    faces, dimensions = reference.held_out.points.shape
    whole: dict[str, Any] = {
        "embedding": {"features": "handcrafted", "dimensions": dimensions, "faces": faces},
        "sets": {name: m.beside(found, floors) for name, found in values.items()},
        "spaces": spaces,
        "undefined": m.reasons(values | {"floor": floors}),
        "published": published(sides, vectors, params),
    }
    if "synthetic" in sides.fakes:
        whole["nearest"] = nearest(sets, sides.space.embedding)
    return whole


def space(found: dict[str, Array], params: Params) -> dict[str, Any]:
    """Return the overlap of each set with the held-out people in one more space.

    Its vectors are scaled and reduced by a PCA of the chosen real train faces, so that there are
    enough faces for the dimensions.
    """
    reduce = Embedding.fit(found[TRAIN], params.compare.dimensions)
    points = {name: reduce(vectors) for name, vectors in found.items()}
    values = {
        name: m.overlap(points[HELD_OUT], cloud, params.compare.neighbours)
        | {"vendi": attempt(vendi, points=cloud)}
        for name, cloud in points.items()
        if name != HELD_OUT
    }
    floors = values.pop(TRAIN)
    faces, dimensions = points[HELD_OUT].shape
    return {
        "dimensions": dimensions,
        "of": int(found[TRAIN].shape[1]),
        "faces": faces,
        "sets": {name: m.beside(part, floors) for name, part in values.items()},
        "undefined": m.reasons(values | {"floor": floors}),
    }
