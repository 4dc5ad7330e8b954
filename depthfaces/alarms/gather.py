"""Collect the faces of a comparison for the alarms."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.alarms.people import FaceSample, RealPeople
from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet
from depthfaces.metrics.sides import Space

Array = npt.NDArray[Any]


def gather(
    feature_sets: dict[str, FeatureSet], face_sets: dict[str, FaceSet], space: Space
) -> tuple[RealPeople, FaceSample]:
    """Return the real people and the synthetic set, with images if both have them."""
    known_images = face_sets if {"real", "synthetic"} <= set(face_sets) else {}
    samples = {
        name: _face_sample(feature_sets[name], known_images.get(name), space)
        for name in ("real", "synthetic")
    }
    split, real = feature_sets["real"].split, samples["real"]
    return RealPeople(*(real.pick(split == name) for name in RealPeople._fields)), samples[
        "synthetic"
    ]


def _face_sample(features: FeatureSet, face_set: FaceSet | None, space: Space) -> FaceSample:
    """Return all faces of one set, with their images if given."""
    images = None
    if face_set is not None:
        assert list(face_set.table["id"]) == list(features.id), "features and images in one order"
        images = np.array(face_set.images, np.float32)
    side = space.side_of_features(features.x, features.label, None)
    return FaceSample(features.label, features.people(), side.points, side.probabilities, images)
