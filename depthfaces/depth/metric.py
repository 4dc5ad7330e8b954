"""A raw frame as a map of fixed millimetres per pixel, independent of camera and distance."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

PITCH = 5.0  # mm per pixel of the map
REACH = 150.0  # mm of depth in front of and behind the reference that the map resolves
BIN_WIDTH = 20.0  # mm, of the depth histogram
NEAREST, FARTHEST = 300.0, 4000.0  # mm, the range in which a person is searched
MIN_HEAD_AREA = 9000.0  # mm²: less surface than this within `HEAD_DEPTH` is no head
HEAD_DEPTH = 120.0  # mm


@dataclass(frozen=True)
class MetricMap:
    """`values` (h, w) float32 in [-1, 1]: (depth - `reference`) / REACH, 1 where there is no depth.

    `scale` pixels of the map are one pixel of the frame; frame and map share their origin.
    """

    values: npt.NDArray[np.float32]
    reference: float
    scale: float


def metric_map(frame: npt.NDArray[np.uint16], focal: float) -> MetricMap | None:
    """Return the map of a raw frame (H, W) in mm, or None where no surface is large enough."""
    reference = nearest_surface(frame, focal)
    if reference is None:
        return None
    scale = reference / focal / PITCH
    map_size = [max(1, round(side * scale)) for side in frame.shape[::-1]]
    resized_frame = cv2.resize(cv2.medianBlur(frame, 3), map_size, interpolation=cv2.INTER_NEAREST)
    values = np.clip((resized_frame.astype(np.float32) - reference) / REACH, -1, 1)
    values[resized_frame == 0] = 1.0
    return MetricMap(values, reference, scale)


def nearest_surface(frame: npt.NDArray[np.uint16], focal: float) -> float | None:
    """Return the depth in mm at which the nearest surface of at least `MIN_HEAD_AREA` begins.

    A pixel at depth z covers (z / focal)² mm²; stray pixels never add up to a head.
    """
    valid_depths = frame[(frame >= NEAREST) & (frame <= FARTHEST)].astype(np.float64)
    bin_edges = np.arange(NEAREST, FARTHEST + BIN_WIDTH, BIN_WIDTH)
    bin_areas, _ = np.histogram(valid_depths, bin_edges, weights=(valid_depths / focal) ** 2)
    area_before = np.concatenate([[0.0], np.cumsum(bin_areas)])
    slab_ends = np.minimum(np.arange(len(bin_areas)) + int(HEAD_DEPTH / BIN_WIDTH), len(bin_areas))
    head_starts = np.flatnonzero(area_before[slab_ends] - area_before[:-1] >= MIN_HEAD_AREA)
    if not head_starts.size:
        return None
    # Within the slab, the front is where the first percent of its surface has been passed.
    slab_start, slab_end = bin_edges[head_starts[0]], bin_edges[head_starts[0]] + HEAD_DEPTH
    return float(
        np.percentile(valid_depths[(valid_depths >= slab_start) & (valid_depths < slab_end)], 2)
    )
