"""Faces made small, for those who learn from images."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.features.lbp import grey

Array = npt.NDArray[Any]
VIEWS = ("features", "pixels")  # of a face: hand-made numbers, or the face itself, made small


def reduce(images: Array, side: int) -> npt.NDArray[np.uint8]:
    """Return faces (n, S, S) in [-1, 1] as (n, side^2) mean grey values of whole pixels.

    A face smaller than `side`, or no multiple of it, is resampled.
    """
    whole = images.shape[1] // side
    if whole and images.shape[1] == whole * side:
        small = images.reshape(len(images), side, whole, side, whole).mean(axis=(2, 4))
    else:
        area = cv2.INTER_AREA if whole else cv2.INTER_LINEAR
        plain = np.asarray(images, np.float32)
        small = np.stack([cv2.resize(image, (side, side), interpolation=area) for image in plain])
    return grey(small).reshape(len(images), -1)
