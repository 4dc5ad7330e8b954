"""Hand-crafted features: a batch of prepared faces in, one row of numbers per face out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.features.hog import hog
from depthfaces.features.intensity import intensity
from depthfaces.features.lbp import lbp
from depthfaces.features.shape import curvature, normals
from depthfaces.features.sobel import sobel
from depthfaces.schema import Features

Array = npt.NDArray[Any]
FeatureFamily = Callable[[Array, Features], Array]

BATCH_PIXELS = 1 << 15  # 8 faces of 64 px: the arrays of more do not fit a core's cache

FEATURES: dict[str, FeatureFamily] = {
    "lbp": lbp,
    "hog": hog,
    "sobel": sobel,
    "intensity": intensity,
    "normals": normals,
    "curvature": curvature,
}


def extract(images: Array, params: Features) -> tuple[Array, list[str], list[int]]:
    """Return the features (n, d) float32 of `images` (n, S, S) in [-1, 1], side by side.

    With them: the names in `params.families`, and the column after the last one of each family.
    """
    batch_size = max(1, BATCH_PIXELS // images[0].size)
    batch_rows = []
    for start in range(0, len(images), batch_size):
        image_batch = images[start : start + batch_size]
        family_features = [FEATURES[name](image_batch, params) for name in params.families]
        batch_rows.append(np.concatenate(family_features, axis=1, dtype=np.float32))
    family_stops = np.cumsum([features.shape[1] for features in family_features]).tolist()
    return np.concatenate(batch_rows), list(params.families), family_stops
