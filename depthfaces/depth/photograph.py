"""Find the face in a photograph by a boosted cascade, after Viola and Jones (2001), and crop it.

The cascade is the one that OpenCV trained and scikit-image carries. It looks at local binary
patterns where the first one looked at rectangles of light and shade; OpenCV 5 itself has no
cascades any more.
"""

from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

MIN_SEARCH_SIDE, MAX_SEARCH_SIDE = 128, 640  # pixels of the image's smaller and larger side
BORDER = 0.25  # of the smaller side, repeated outwards: a face may fill the whole frame
MIN_FACE_SHARE = 0.18  # side of a face as a share of the smaller side
WINDOW = 24  # pixels of the cascade itself; a face of fewer in the frame shows no expression
SCALE_STEP = 1.1  # from one size of the search to the next


class Box(NamedTuple):
    """A square in pixels of the frame; it may reach beyond it. Side 0: no face was found."""

    row: int
    column: int
    side: int


def find_face(frame: Grey) -> Box:
    """Return the largest face in a photograph (H, W)."""
    border_width = round(BORDER * min(frame.shape))
    padded_frame = _padded(frame, border_width)
    scale = max(MIN_SEARCH_SIDE / min(frame.shape), 1.0)
    scale = min(scale, MAX_SEARCH_SIDE / max(padded_frame.shape))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    search_image = cv2.resize(padded_frame, None, fx=scale, fy=scale, interpolation=interpolation)
    min_face_side = round(max(WINDOW, WINDOW * scale, MIN_FACE_SHARE * scale * min(frame.shape)))
    max_face_side = min(search_image.shape)
    if max_face_side <= min_face_side:
        return Box(0, 0, 0)
    detections = _cascade().detect_multi_scale(
        img=search_image,
        scale_factor=SCALE_STEP,
        step_ratio=1,
        min_size=(min_face_side, min_face_side),
        max_size=(max_face_side, max_face_side),
    )
    if not detections:
        return Box(0, 0, 0)
    largest_face = max(
        detections, key=lambda detection: (detection["width"], -detection["r"], -detection["c"])
    )
    box_row, box_column = (round(largest_face[key] / scale) - border_width for key in ("r", "c"))
    return Box(box_row, box_column, round(largest_face["width"] / scale))


def cut_box(frame: Grey, box: Box) -> Grey:
    """Crop `box` out of a photograph, its edge repeated outwards; without a face return it all."""
    if not box.side:
        return frame
    border_width = max(0, -box.row, -box.column)
    border_width = max(
        border_width, box.row + box.side - frame.shape[0], box.column + box.side - frame.shape[1]
    )
    padded_frame = _padded(frame, border_width)
    top_row, left_column = box.row + border_width, box.column + border_width
    return padded_frame[top_row : top_row + box.side, left_column : left_column + box.side]


def _padded(frame: Grey, border_width: int) -> Grey:
    border_widths = (border_width,) * 4
    return np.asarray(cv2.copyMakeBorder(frame, *border_widths, cv2.BORDER_REPLICATE), np.uint8)


@cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename  # noqa: PLC0415 - a second, and
    from skimage.feature import Cascade  # noqa: PLC0415 - few ask for it

    return Cascade(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call] # its own
