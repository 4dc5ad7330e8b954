"""How steep a face is: a histogram of Sobel gradients."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.features.histogram import image_histograms
from depthfaces.schema import Features


def sobel(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return each face's share of pixels in every bin of gradient magnitude, (n, bins).

    Bins are equal in the square root of the magnitude: most gradients of a face are small.
    """
    return image_histograms(np.sqrt(gradient_magnitude(images)), params.sobel_bins, 0.0, 1.0)


def gradient_magnitude(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return sqrt((gx^2 + gy^2) / 2), (n, S, S), at most 1 for faces in [-1, 1].

    g = [1 2 1]/4 across x [1 0 -1]/2 along: half of scikit-image's. Borders are mirrored.
    """
    padded_images = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    row_difference = (padded_images[:, 2:] - padded_images[:, :-2]) / 2
    column_difference = (padded_images[:, :, 2:] - padded_images[:, :, :-2]) / 2
    gy = (row_difference[:, :, :-2] + 2 * row_difference[:, :, 1:-1] + row_difference[:, :, 2:]) / 4
    gx = (column_difference[:, :-2] + 2 * column_difference[:, 1:-1] + column_difference[:, 2:]) / 4
    return np.asarray(np.sqrt((gx**2 + gy**2) / 2))
