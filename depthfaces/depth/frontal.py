"""Rotate a depth surface to look straight ahead: undo the head's pose and render its points."""

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
UPSAMPLING = 2  # the surface is sampled this much denser, so that rotating it tears few holes


def rotate_surface(
    relative_depth: Floats,
    nose_centre: tuple[float, float],
    pitch: float,
    rotation: Floats,
    back: float,
) -> Floats:
    """Render `relative_depth` (h, w) from straight ahead on the same grid; `back` is background.

    `relative_depth` is mm behind the nose tip, which lies at `nose_centre` (column, row); `pitch`
    is mm per pixel. `rotation` (3, 3) turned the head away from the camera and is undone.
    """
    height, width = relative_depth.shape
    fine_depth = cv2.resize(
        relative_depth, (width * UPSAMPLING, height * UPSAMPLING), interpolation=cv2.INTER_LINEAR
    )
    fine_rows, fine_columns = np.nonzero(fine_depth < back - 1)
    grid_offset = (1 / UPSAMPLING - 1) / 2  # of the finer grid's first pixel centre
    x = (fine_columns / UPSAMPLING + grid_offset - nose_centre[0]) * pitch
    y = (fine_rows / UPSAMPLING + grid_offset - nose_centre[1]) * pitch
    rotated_points = (
        np.stack([x, y, fine_depth[fine_rows, fine_columns]], 1).astype(np.float32) @ rotation
    )
    target_columns = np.rint(rotated_points[:, 0] / pitch + nose_centre[0]).astype(np.int64)
    target_rows = np.rint(rotated_points[:, 1] / pitch + nose_centre[1]).astype(np.int64)
    in_frame = (
        (target_columns >= 0)
        & (target_columns < width)
        & (target_rows >= 0)
        & (target_rows < height)
    )
    front_view = np.full(relative_depth.size, back, np.float32)
    np.minimum.at(
        front_view,
        target_rows[in_frame] * width + target_columns[in_frame],
        rotated_points[in_frame, 2],
    )
    return front_view.reshape(relative_depth.shape)
