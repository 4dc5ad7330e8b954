"""Faces reduced to a few grey pixels, for classifiers that learn from images."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.features.lbp import grey_levels

Array = npt.NDArray[Any]
VIEWS = ("features", "pixels")  # of a face: hand-crafted features, or the reduced image itself


def reduce(images: Array, side: int) -> npt.NDArray[np.uint8]:
    """Reduce faces (n, S, S) in [-1, 1] to (n, side^2) mean grey values.

    A face smaller than `side`, or no multiple of it, is resampled.
    """
    pixels_per_cell = images.shape[1] // side
    if pixels_per_cell and images.shape[1] == pixels_per_cell * side:
        small_images = images.reshape(
            len(images), side, pixels_per_cell, side, pixels_per_cell
        ).mean(axis=(2, 4))
    else:
        interpolation = cv2.INTER_AREA if pixels_per_cell else cv2.INTER_LINEAR
        float_images = np.asarray(images, np.float32)
        small_images = np.stack(
            [cv2.resize(image, (side, side), interpolation=interpolation) for image in float_images]
        )
    return grey_levels(small_images).reshape(len(images), -1)
