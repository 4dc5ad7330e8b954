"""Every metric of every generated set, each beside its floor, in every space."""

from typing import Any

import numpy.typing as npt

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet
from depthfaces.metrics import measure as m
from depthfaces.metrics.diversity import vendi_score
from depthfaces.metrics.draws import (
    DRAW_COUNT,
    DrawnValue,
    capacity_ratio,
    draw_fraction,
    largest_matched_rows,
    redraw_rows,
)
from depthfaces.metrics.embedding import Embedding
from depthfaces.metrics.neighbours import nearest_pairs
from depthfaces.metrics.protocol import published_scores
from depthfaces.metrics.several import RepeatedMeasures
from depthfaces.metrics.sides import (
    HELD_OUT,
    TRAIN,
    VALIDATION,
    Side,
    Space,
    available_rows,
    choose_rows,
    chosen_images,
    feature_set_name,
)
from depthfaces.metrics.undefined import attempt
from depthfaces.schema import Params

Array = npt.NDArray[Any]
Vectors = dict[str, dict[str, Array]]


class Sides:
    """The sides of a comparison: `reference` (real people), `fakes` by name, `validation`."""

    def __init__(
        self, feature_sets: dict[str, FeatureSet], face_sets: dict[str, FaceSet], params: Params
    ) -> None:
        """Choose the faces and place them in the primary space."""
        real_features = feature_sets["real"]
        self.feature_sets, self.face_sets, self.seed = feature_sets, face_sets, params.seed
        self.pool_rows, self.rows = available_rows(feature_sets), choose_rows(feature_sets, params)
        self.space = Space.fit(real_features.part("train"), params.compare.dimensions)
        self.sides = {
            name: self._side_from_rows(name, set_rows) for name, set_rows in self.rows.items()
        }
        self.validation = self._side_from_rows(VALIDATION, self.pool_rows[VALIDATION])
        train_features, test_features = real_features.part("train"), real_features.part("test")
        self.reference = m.Reference(
            self.sides[HELD_OUT],
            self.sides[TRAIN],
            self.space.embedding(train_features.x),
            self._points_by_person(train_features),
            self._points_by_person(test_features),
        )
        self.fakes = {name: self.sides[name] for name in self.rows if name not in (HELD_OUT, TRAIN)}

    def compared_side(self, name: str) -> Side:
        """Return the faces of a set that are compared; all of them for validation people."""
        return self.validation if name == VALIDATION else self.sides[name]

    def capacity_ratio(self, name: str) -> float:
        """Return how many times the compared faces of a set fit into all of its faces."""
        return capacity_ratio(self._pool_labels(name), self.compared_side(name).label)

    def draw_side(self, name: str, number: int) -> Side | None:
        """Return draw `number` of a set's faces, at most half of it; None if a class is missing."""
        chosen_labels = self.compared_side(name).label
        rng = seeding.stream(self.seed, "compare", name, number)
        drawn_rows = redraw_rows(self._pool_labels(name), chosen_labels, rng)
        if set(self._pool_labels(name)[drawn_rows]) != set(chosen_labels):
            return None
        return self._side_from_rows(name, self.pool_rows[name][drawn_rows])

    def largest_side(self, name: str) -> Side:
        """Return all faces of a set with the class mix of the compared ones, without images."""
        rng = seeding.stream(self.seed, "compare", name, "whole")
        matched_rows = largest_matched_rows(
            self._pool_labels(name), self.compared_side(name).label, rng
        )
        features = self.feature_sets[feature_set_name(name)].pick(
            self.pool_rows[name][matched_rows]
        )
        return self.space.side_of_features(features.x, features.label, None)

    def draw_references(self) -> list[m.Reference]:
        """Return the reference, then copies with newly drawn train faces if there are enough."""
        if draw_fraction(self.capacity_ratio(TRAIN)) < 1:
            return [self.reference]
        drawn_sides = [self.draw_side(TRAIN, number) for number in range(1, DRAW_COUNT)]
        redrawn = [self.reference._replace(train=side) for side in drawn_sides if side]
        return [self.reference, *redrawn]

    def _pool_labels(self, name: str) -> Array:
        return self.feature_sets[feature_set_name(name)].label[self.pool_rows[name]]

    def _side_from_rows(self, name: str, rows: Array) -> Side:
        features = self.feature_sets[feature_set_name(name)].pick(rows)
        images = chosen_images(self.face_sets, name, rows, features.id)
        return self.space.side_of_features(features.x, features.label, images)

    def _points_by_person(self, features: FeatureSet) -> list[Array]:
        points = self.space.embedding(features.x)
        known_subjects = sorted(set(features.subject) - {""})
        return [points[features.subject == subject] for subject in known_subjects]


def fidelity(
    feature_sets: dict[str, FeatureSet], sides: Sides, vectors: Vectors, params: Params
) -> dict[str, Any]:
    """Return {embedding, sets {set: {metric: {value, sd, floor, floor_sd}}}, spaces, ...}.

    Sets are compared with held-out people, so that copying the train faces wins nothing. The
    floor is what equally many real train faces score in a set's place; for memorisation,
    what people score who took no part in training. Both are means over several draws of faces.
    """
    repeated = RepeatedMeasures(sides, params)
    floors = repeated.floor_values()
    values = {name: repeated.measured_values(name) for name in sides.fakes}
    spaces = {name: space_overlap(space_vectors, params) for name, space_vectors in vectors.items()}
    face_count, dimensions = sides.reference.held_out.points.shape
    embedding_info = {
        "features": "handcrafted",
        "dimensions": dimensions,
        "faces": face_count,
        "draws": DRAW_COUNT,
    }
    document: dict[str, Any] = {
        "embedding": embedding_info,
        "sets": {
            name: with_floors_and_spread(set_values, floors) for name, set_values in values.items()
        },
        "spaces": spaces,
        "undefined": m.undefined_reasons(values | {"floor": floors}),
        "published": published_scores(sides, vectors, params),
    }
    if "synthetic" in sides.fakes:
        document["nearest"] = nearest_pairs(feature_sets, sides.space.embedding)
    return document


def with_floors_and_spread(
    values: dict[str, DrawnValue], floors: dict[str, DrawnValue]
) -> dict[str, Any]:
    """Return {metric: {value, sd, floor, floor_sd}}: means over draws and spreads between them."""
    return {
        metric: {
            "value": drawn.value,
            "sd": drawn.sd,
            "floor": floors[metric].value,
            "floor_sd": floors[metric].sd,
        }
        for metric, drawn in values.items()
    }


def space_overlap(vectors: dict[str, Array], params: Params) -> dict[str, Any]:
    """Return the overlap of each set with the held-out people in one more space.

    Its vectors are scaled and reduced by a PCA of the chosen real train faces, so that there are
    enough faces for the dimensions.
    """
    embedding = Embedding.fit(vectors[TRAIN], params.compare.dimensions)
    points_by_set = {name: embedding(set_vectors) for name, set_vectors in vectors.items()}
    values = {
        name: m.overlap_metrics(points_by_set[HELD_OUT], cloud, params.compare.neighbours)
        | {"vendi": attempt(vendi_score, points=cloud)}
        for name, cloud in points_by_set.items()
        if name != HELD_OUT
    }
    floors = values.pop(TRAIN)
    face_count, dimensions = points_by_set[HELD_OUT].shape
    return {
        "dimensions": dimensions,
        "of": int(vectors[TRAIN].shape[1]),
        "faces": face_count,
        "sets": {name: m.with_floors(set_values, floors) for name, set_values in values.items()},
        "undefined": m.undefined_reasons(values | {"floor": floors}),
    }
