"""Hand-made features: a batch of prepared faces in, one row of numbers a face out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.features.hog import hog
from depthfaces.features.intensity import intensity
from depthfaces.features.lbp import lbp
from depthfaces.features.sobel import sobel
from depthfaces.schema import Features

Array = npt.NDArray[Any]
Family = Callable[[Array, Features], Array]

FEATURES: dict[str, Family] = {"lbp": lbp, "hog": hog, "sobel": sobel, "intensity": intensity}


def extract(images: Array, params: Features) -> tuple[Array, list[str], list[int]]:
    """Return the features (n, d) float32 of `images` (n, S, S) in [-1, 1], side by side.

    With them: the families' names, and for each the column behind its last one.
    """
    parts = [family(images, params) for family in FEATURES.values()]
    stops = np.cumsum([part.shape[1] for part in parts]).tolist()
    return np.concatenate(parts, axis=1, dtype=np.float32), list(FEATURES), stops
