"""Find the face in a photograph by a boosted cascade, after Viola and Jones (2001), and cut it out.

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

LEAST, MOST = 128, 640  # pixels of the smaller side searched, and of the larger
BORDER = 0.25  # of the smaller side, repeated outwards: a face may fill the whole frame
SMALLEST = 0.18  # side of a face as a share of the smaller side
WINDOW = 24  # pixels of the cascade itself; a face of fewer in the frame shows no expression
STEP = 1.1  # from one size of the search to the next


class Box(NamedTuple):
    """A square in pixels of the frame; it may reach beyond it. Side 0: no face was found."""

    row: int
    column: int
    side: int


def find(frame: Grey) -> Box:
    """Return the largest face in a photograph (H, W)."""
    border = round(BORDER * min(frame.shape))
    padded = _padded(frame, border)
    scale = max(LEAST / min(frame.shape), 1.0)
    scale = min(scale, MOST / max(padded.shape))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    seen = cv2.resize(padded, None, fx=scale, fy=scale, interpolation=way)
    least = round(max(WINDOW, WINDOW * scale, SMALLEST * scale * min(frame.shape)))
    most = min(seen.shape)
    if most <= least:
        return Box(0, 0, 0)
    found = _cascade().detect_multi_scale(
        img=seen, scale_factor=STEP, step_ratio=1, min_size=(least, least), max_size=(most, most)
    )
    if not found:
        return Box(0, 0, 0)
    best = max(found, key=lambda face: (face["width"], -face["r"], -face["c"]))
    row, column = (round(best[key] / scale) - border for key in ("r", "c"))
    return Box(row, column, round(best["width"] / scale))


def cut(frame: Grey, box: Box) -> Grey:
    """Return what `box` holds, the frame's edge repeated outwards; all of it for no face."""
    if not box.side:
        return frame
    border = max(0, -box.row, -box.column)
    border = max(
        border, box.row + box.side - frame.shape[0], box.column + box.side - frame.shape[1]
    )
    padded, row, column = _padded(frame, border), box.row + border, box.column + border
    return padded[row : row + box.side, column : column + box.side]


def _padded(frame: Grey, border: int) -> Grey:
    sides = (border,) * 4
    return np.asarray(cv2.copyMakeBorder(frame, *sides, cv2.BORDER_REPLICATE), np.uint8)


@cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename  # noqa: PLC0415 - a second, and
    from skimage.feature import Cascade  # noqa: PLC0415 - few ask for it

    return Cascade(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call] # its own
