"""Histograms of gradient orientations in cells, normalised over blocks of cells."""

from typing import Any

import numpy as np
import numpy.typing as npt
import skimage.feature

from depthfaces.errors import ParamsError
from depthfaces.schema import Features


def hog(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return (n, (cells - block + 1)^2 * block^2 * orientations), L2-Hys (Dalal, Triggs 2005).

    A cell is a share of the face's side, so that a column means the same place at every size.
    """
    side, cells, block = images.shape[1], params.hog_cells, params.hog_block
    if side % cells or block > cells:
        raise ParamsError(
            f"features.hog_cells: expected a divisor of the face's side {side} and at least "
            f"features.hog_block {block}, found {cells}"
        )
    return np.stack(
        [
            skimage.feature.hog(
                image, params.hog_orientations, (side // cells,) * 2, (block, block), "L2-Hys"
            )
            for image in images
        ]
    ).astype(np.float32)
