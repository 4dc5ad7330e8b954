"""Every metric of every generated set, each beside its floor, in every space."""

from typing import Any

import numpy.typing as npt

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet
from depthfaces.metrics import measure as m
from depthfaces.metrics.diversity import vendi
from depthfaces.metrics.draws import DRAWS, Drawn, fraction, redrawn, room, whole
from depthfaces.metrics.embedding import Embedding
from depthfaces.metrics.neighbours import nearest
from depthfaces.metrics.protocol import published
from depthfaces.metrics.several import Several
from depthfaces.metrics.sides import (
    HELD_OUT,
    TRAIN,
    VALIDATION,
    Side,
    Space,
    available,
    choose,
    owner,
    pictures,
)
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
        real = sets["real"]
        self.sets, self.images, self.seed = sets, images, params.seed
        self.pools, self.rows = available(sets), choose(sets, params)
        self.space = Space.fit(real.part("train"), params.compare.dimensions)
        self.sides = {name: self._side(name, part) for name, part in self.rows.items()}
        self.validation = self._side(VALIDATION, self.pools[VALIDATION])
        train, test = real.part("train"), real.part("test")
        self.reference = m.Reference(
            self.sides[HELD_OUT],
            self.sides[TRAIN],
            self.space.embedding(train.x),
            self._people(train),
            self._people(test),
        )
        self.fakes = {name: self.sides[name] for name in self.rows if name not in (HELD_OUT, TRAIN)}

    def chosen(self, name: str) -> Side:
        """Return the faces of a set that are compared; of validation people those are all."""
        return self.validation if name == VALIDATION else self.sides[name]

    def room(self, name: str) -> float:
        """Return how many times the compared faces of a set fit into all that it has."""
        return room(self._labels(name), self.chosen(name).label)

    def drawn(self, name: str, number: int) -> Side | None:
        """Return draw `number` of a set's faces, at most half of it; None where it is too small."""
        chosen = self.chosen(name).label
        rng = seeding.stream(self.seed, "compare", name, number)
        rows = redrawn(self._labels(name), chosen, rng)
        if set(self._labels(name)[rows]) != set(chosen):
            return None
        return self._side(name, self.pools[name][rows])

    def whole(self, name: str) -> Side:
        """Return all faces of a set in the mix of those that are compared, without images."""
        rng = seeding.stream(self.seed, "compare", name, "whole")
        rows = whole(self._labels(name), self.chosen(name).label, rng)
        found = self.sets[owner(name)].pick(self.pools[name][rows])
        return self.space.side(found.x, found.label, None)

    def references(self) -> list[m.Reference]:
        """Return the reference with other train faces in turn, if it holds two draws of them."""
        if fraction(self.room(TRAIN)) < 1:
            return [self.reference]
        drawn = [self.drawn(TRAIN, number) for number in range(1, DRAWS)]
        others = [self.reference._replace(train=side) for side in drawn if side]
        return [self.reference, *others]

    def _labels(self, name: str) -> Array:
        return self.sets[owner(name)].label[self.pools[name]]

    def _side(self, name: str, rows: Array) -> Side:
        found = self.sets[owner(name)].pick(rows)
        images = pictures(self.images, name, rows, found.id)
        return self.space.side(found.x, found.label, images)

    def _people(self, found: FeatureSet) -> list[Array]:
        points = self.space.embedding(found.x)
        known = sorted(set(found.subject) - {""})
        return [points[found.subject == subject] for subject in known]


def fidelity(
    sets: dict[str, FeatureSet], sides: Sides, vectors: Vectors, params: Params
) -> dict[str, Any]:
    """Return `embedding`, `sets` {set: {metric: {value, sd, floor, floor_sd}}}, `spaces`, ...

    Sets are compared with held-out people, so that copying the train faces wins nothing. The
    floor is what equally many real train faces score in a set's place; of memorisation, what
    people score who took no part in training. Both are means over several draws of faces.
    """
    several = Several(sides, params)
    floors = several.floors()
    values = {name: several.measured(name) for name in sides.fakes}
    spaces = {name: space(found, params) for name, found in vectors.items()}
    faces, dimensions = sides.reference.held_out.points.shape
    about = {"features": "handcrafted", "dimensions": dimensions, "faces": faces, "draws": DRAWS}
    document: dict[str, Any] = {
        "embedding": about,
        "sets": {name: beside(found, floors) for name, found in values.items()},
        "spaces": spaces,
        "undefined": m.reasons(values | {"floor": floors}),
        "published": published(sides, vectors, params),
    }
    if "synthetic" in sides.fakes:
        document["nearest"] = nearest(sets, sides.space.embedding)
    return document


def beside(values: dict[str, Drawn], floors: dict[str, Drawn]) -> dict[str, Any]:
    """Return {metric: {value, sd, floor, floor_sd}}: means of draws and spreads between them."""
    return {
        key: {
            "value": one.value,
            "sd": one.sd,
            "floor": floors[key].value,
            "floor_sd": floors[key].sd,
        }
        for key, one in values.items()
    }


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
