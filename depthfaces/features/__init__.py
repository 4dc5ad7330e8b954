"""Hand-made features: a batch of prepared faces in, one row of numbers a face out."""

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
Family = Callable[[Array, Features], Array]

PIXELS = 1 << 15  # at once (8 faces of 64 px): more, and their arrays do not fit a core's cache

FEATURES: dict[str, Family] = {
    "lbp": lbp,
    "hog": hog,
    "sobel": sobel,
    "intensity": intensity,
    "normals": normals,
    "curvature": curvature,
}


def extract(images: Array, params: Features) -> tuple[Array, list[str], list[int]]:
    """Return the features (n, d) float32 of `images` (n, S, S) in [-1, 1], side by side.

    With them: the names in `params.families`, and for each the column behind its last one.
    """
    step = max(1, PIXELS // images[0].size)
    rows = []
    for start in range(0, len(images), step):
        few = images[start : start + step]
        parts = [FEATURES[name](few, params) for name in params.families]
        rows.append(np.concatenate(parts, axis=1, dtype=np.float32))
    stops = np.cumsum([part.shape[1] for part in parts]).tolist()
    return np.concatenate(rows), list(params.families), stops
