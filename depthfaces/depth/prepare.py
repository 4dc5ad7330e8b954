"""Prepare raw frames: locate the nose, crop the face, or say why there is none."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.depth import crop, photograph
from depthfaces.depth.locator import Detection, locate_noses
from depthfaces.depth.metric import MetricMap, metric_map
from depthfaces.depth.pose import rotation

Floats = npt.NDArray[np.float32]

OVAL = 0.62  # half height of the inner face as a share of half the crop; it must be in the frame


class Face(NamedTuple):
    """A prepared face (size, size) in [-1, 1], or None and the reason why there is none."""

    image: Floats | None
    reason: str
    detection: Detection | None = None
    nose_position: tuple[float, float] = (0.0, 0.0)
    box: photograph.Box | None = None  # of the face in a photograph, where one was searched


def prepare(
    frames: list[npt.NDArray[np.uint16]], focal_lengths: list[float], window: crop.Window,
    confidence: float, frontalise: bool,
) -> list[Face]:  # fmt: skip
    """Return a face for each raw frame (H, W) in mm; results do not depend on batching."""
    metric_maps = [
        metric_map(frame, focal) for frame, focal in zip(frames, focal_lengths, strict=True)
    ]
    present_maps = [depth_map for depth_map in metric_maps if depth_map is not None]
    detections = iter(
        locate_noses([depth_map.values for depth_map in present_maps]) if present_maps else []
    )
    return [
        Face(None, "no surface as large as a head")
        if depth_map is None
        else _prepare_frame(
            frame, focal, depth_map, next(detections), (window, confidence, frontalise)
        )
        for frame, focal, depth_map in zip(frames, focal_lengths, metric_maps, strict=True)
    ]


def _prepare_frame(
    frame: npt.NDArray[np.uint16], focal: float, depth_map: MetricMap, detection: Detection,
    settings: tuple[crop.Window, float, bool],
) -> Face:  # fmt: skip
    face_window, min_confidence, frontalise = settings
    # Pixel centres of a resized image: (i + 1/2) / scale - 1/2.
    nose_position = (
        (detection.column + 0.5) / depth_map.scale - 0.5,
        (detection.row + 0.5) / depth_map.scale - 0.5,
    )
    if detection.confidence < min_confidence:
        return Face(
            None, f"no nose found (confidence {detection.confidence:.2f})", detection, nose_position
        )
    nose_depth = crop.nose_depth(
        frame, nose_position, depth_map.reference / focal, depth_map.reference
    )
    if nose_depth is None:
        return Face(None, "no depth readings at the nose", detection, nose_position)
    nose = crop.Nose(*nose_position, nose_depth, nose_depth / focal)
    if _is_cut_off(frame.shape, nose, face_window):
        return Face(None, "the face is cut off by the border", detection, nose_position)
    head_rotation = rotation(detection.yaw, detection.pitch, detection.roll) if frontalise else None
    relative_depth = crop.cut_face(frame, nose, face_window, head_rotation)
    return Face(face_window.encode(relative_depth), "", detection, nose_position)


def _is_cut_off(shape: tuple[int, ...], nose: crop.Nose, window: crop.Window) -> bool:
    """Return whether the frame's border cuts the inner face, an upright oval round the nose."""
    oval_height = OVAL * window.crop / 2 / nose.pitch
    oval_width = 0.7 * oval_height
    height, width = shape
    fits_across = nose.column - oval_width >= -1 and nose.column + oval_width <= width
    return not (fits_across and nose.row - oval_height >= -1 and nose.row + oval_height <= height)


def photographed(frame: npt.NDArray[np.uint8], size: int, search_face: bool) -> Face:
    """Prepare an 8-bit image: the whole of it, or the face in it where `search_face` is true.

    A photograph without a detected face is used whole: many sets are cropped already.
    """
    box = photograph.find_face(frame) if search_face else None
    return Face(
        normalise_image(photograph.cut_box(frame, box) if box else frame, size), "", box=box
    )


def normalise_image(image: npt.NDArray[np.uint8], size: int) -> Floats:
    """Return an 8-bit image (H, W), no unit known, as (size, size) in [-1, 1]; 255 is 1."""
    interpolation = cv2.INTER_AREA if min(image.shape) > size else cv2.INTER_LINEAR
    scaled = cv2.resize(image.astype(np.float32), (size, size), interpolation=interpolation)
    return np.asarray(scaled / 127.5 - 1, np.float32)
