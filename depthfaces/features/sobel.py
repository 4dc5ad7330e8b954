"""How steep a face is: a histogram of Sobel gradients."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.features.histogram import histogram
from depthfaces.schema import Features


def sobel(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return each face's share of pixels in every step of steepness, (n, bins).

    Steps are even in the square root of the magnitude: most slopes of a face are gentle.
    """
    return histogram(np.sqrt(magnitude(images)), params.sobel_bins, 0.0, 1.0)


def magnitude(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return sqrt((gx^2 + gy^2) / 2), (n, S, S), at most 1 for faces in [-1, 1].

    g = [1 2 1]/4 across x [1 0 -1]/2 along: half of scikit-image's. Borders are mirrored.
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    down = (padded[:, 2:] - padded[:, :-2]) / 2
    along = (padded[:, :, 2:] - padded[:, :, :-2]) / 2
    gy = (down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]) / 4
    gx = (along[:, :-2] + 2 * along[:, 1:-1] + along[:, 2:]) / 4
    return np.asarray(np.sqrt((gx**2 + gy**2) / 2))
