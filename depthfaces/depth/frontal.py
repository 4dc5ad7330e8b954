"""Turn a face to look straight ahead: rotate its points back by the head's pose, see them anew."""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
DENSER = 2  # the surface is sampled this much denser, so that turning it tears few holes


def turn(
    behind: Floats, centre: tuple[float, float], pitch: float, rotation: Floats, back: float
) -> Floats:
    """Return `behind` (h, w) seen from straight ahead, same grid, `back` where nothing is.

    `behind` is mm behind the nose tip, which lies at `centre` (column, row); `pitch` is mm a
    pixel; `rotation` (3, 3) turned the head away from the camera, its transpose turns it back.
    """
    height, width = behind.shape
    fine = cv2.resize(behind, (width * DENSER, height * DENSER), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.nonzero(fine < back - 1)
    offset = (1 / DENSER - 1) / 2  # of the finer grid's first pixel centre
    x = (columns / DENSER + offset - centre[0]) * pitch
    y = (rows / DENSER + offset - centre[1]) * pitch
    points = np.stack([x, y, fine[rows, columns]], 1).astype(np.float32) @ rotation
    column = np.rint(points[:, 0] / pitch + centre[0]).astype(np.int64)
    row = np.rint(points[:, 1] / pitch + centre[1]).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen = np.full(behind.size, back, np.float32)
    np.minimum.at(seen, row[inside] * width + column[inside], points[inside, 2])
    return seen.reshape(behind.shape)
