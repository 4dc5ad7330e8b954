"""How deep a face is: a histogram of its values."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.features.histogram import image_histograms
from depthfaces.schema import Features


def intensity(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return each face's share of pixels in every bin of [-1, 1], (n, bins)."""
    return image_histograms(images, params.intensity_bins, -1.0, 1.0)
