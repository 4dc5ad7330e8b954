"""The faces of a comparison as the alarms take them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.alarms.people import Part, Real
from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet
from depthfaces.metrics.sides import Space

Array = npt.NDArray[Any]


def gather(
    sets: dict[str, FeatureSet], images: dict[str, FaceSet], space: Space
) -> tuple[Real, Part]:
    """Return the real people and the synthetic set; images where both have them."""
    known = images if {"real", "synthetic"} <= set(images) else {}
    parts = {name: _part(sets[name], known.get(name), space) for name in ("real", "synthetic")}
    split, real = sets["real"].split, parts["real"]
    return Real(*(real.pick(split == name) for name in Real._fields)), parts["synthetic"]


def _part(found: FeatureSet, faces: FaceSet | None, space: Space) -> Part:
    """Return all faces of one set, with their images where those are known."""
    images = None
    if faces is not None:
        assert list(faces.table["id"]) == list(found.id), "features and images in one order"
        images = np.array(faces.images, np.float32)
    side = space.side_of_features(found.x, found.label, None)
    return Part(found.label, found.people(), side.points, side.probabilities, images)
