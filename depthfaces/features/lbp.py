"""Local binary patterns: which points on a circle lie nearer than its centre."""

from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.feature import local_binary_pattern

from depthfaces.schema import Features


def lbp(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return each face's share of every uniform pattern, (n, points + 2), rows summing to 1.

    Ojala, Pietikäinen, Mäenpää (2002), "riu2": points + 1 uniform patterns and one for all others.
    """
    points, radius = params.lbp_points, params.lbp_radius
    shares = np.empty((len(images), points + 2), np.float32)
    for row, image in zip(shares, grey(images), strict=True):
        patterns = local_binary_pattern(image, points, radius, "uniform")  # type: ignore[no-untyped-call]  # its own
        codes = patterns.ravel().astype(np.intp)
        row[:] = np.bincount(codes, minlength=points + 2) / codes.size
    return shares


def grey(images: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return [-1, 1] as whole steps 0..255, round half to even.

    A pattern asks "nearer or not", so on floats it would count noise far below a sensor's step.
    """
    return np.asarray(np.rint((np.clip(images, -1, 1) + 1) * 127.5), np.uint8)
