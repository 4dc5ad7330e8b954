"""Prepare raw frames: locate, cut, and say why where it cannot be done."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.depth import crop, photograph
from depthfaces.depth.locator import Found, locate
from depthfaces.depth.metric import MetricMap, metric_map
from depthfaces.depth.pose import rotation

Floats = npt.NDArray[np.float32]

OVAL = 0.62  # half height of the inner face as a share of half the crop; it must be in the frame


class Face(NamedTuple):
    """A finished face (size, size) in [-1, 1], or why there is none."""

    image: Floats | None
    reason: str
    found: Found | None = None
    place: tuple[float, float] = (0.0, 0.0)
    box: photograph.Box | None = None  # of the face in a photograph, where one was looked for


def prepare(
    frames: list[npt.NDArray[np.uint16]], focals: list[float], window: crop.Window,
    confidence: float, frontalise: bool,
) -> list[Face]:  # fmt: skip
    """Return a face for each raw frame (H, W) in mm; what comes together makes no difference."""
    maps = [metric_map(frame, focal) for frame, focal in zip(frames, focals, strict=True)]
    seen = [one for one in maps if one is not None]
    found = iter(locate([one.values for one in seen]) if seen else [])
    return [
        Face(None, "no surface as large as a head")
        if one is None
        else _face(frame, focal, one, next(found), (window, confidence, frontalise))
        for frame, focal, one in zip(frames, focals, maps, strict=True)
    ]


def _face(
    frame: npt.NDArray[np.uint16], focal: float, one: MetricMap, found: Found,
    settings: tuple[crop.Window, float, bool],
) -> Face:  # fmt: skip
    window, confidence, frontalise = settings
    # Pixel centres of a resized image: (i + 1/2) / scale - 1/2.
    place = ((found.column + 0.5) / one.scale - 0.5, (found.row + 0.5) / one.scale - 0.5)
    if found.confidence < confidence:
        return Face(None, f"no nose found (confidence {found.confidence:.2f})", found, place)
    depth = crop.nose_depth(frame, place, one.reference / focal, one.reference)
    if depth is None:
        return Face(None, "no depth readings at the nose", found, place)
    nose = crop.Nose(*place, depth, depth / focal)
    if _cut_off(frame.shape, nose, window):
        return Face(None, "the face is cut off by the border", found, place)
    turned = rotation(found.yaw, found.pitch, found.roll) if frontalise else None
    behind = crop.cut(frame, nose, window, turned)
    return Face(window.encode(behind), "", found, place)


def _cut_off(shape: tuple[int, ...], nose: crop.Nose, window: crop.Window) -> bool:
    """Return whether the border cuts the inner face, an upright oval round the nose."""
    high = OVAL * window.crop / 2 / nose.pitch
    wide = 0.7 * high
    height, width = shape
    across = nose.column - wide >= -1 and nose.column + wide <= width
    return not (across and nose.row - high >= -1 and nose.row + high <= height)


def photographed(frame: npt.NDArray[np.uint8], size: int, find: bool) -> Face:
    """Return the face of an 8-bit image: the whole of it, or what `find` finds in it.

    A photograph in which no face is found is kept whole: many sets are cut out already.
    """
    box = photograph.find(frame) if find else None
    return Face(relative(photograph.cut(frame, box) if box else frame, size), "", box=box)


def relative(image: npt.NDArray[np.uint8], size: int) -> Floats:
    """Return an 8-bit image (H, W), no unit known, as (size, size) in [-1, 1]; 255 is 1."""
    area = cv2.INTER_AREA if min(image.shape) > size else cv2.INTER_LINEAR
    scaled = cv2.resize(image.astype(np.float32), (size, size), interpolation=area)
    return np.asarray(scaled / 127.5 - 1, np.float32)
