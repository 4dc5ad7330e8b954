"""How deep a face is: a histogram of its values."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.features.histogram import histogram
from depthfaces.schema import Features


def intensity(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return each face's share of pixels in every step of [-1, 1], (n, bins)."""
    return histogram(images, params.intensity_bins, -1.0, 1.0)
