"""A raw frame as a map in which a pixel is so many millimetres, whatever camera and distance."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

PITCH = 5.0  # mm a pixel of the map
REACH = 150.0  # mm of depth before and behind the reference that the map tells apart
BIN = 20.0  # mm, of the histogram of depth
NEAREST, FARTHEST = 300.0, 4000.0  # mm, where a person is looked for
AREA = 9000.0  # mm²: less surface than this within `THICK` is no head
THICK = 120.0  # mm


@dataclass(frozen=True)
class MetricMap:
    """`values` (h, w) float32 in [-1, 1]: (depth - `reference`) / REACH, 1 where nothing is.

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
    size = [max(1, round(side * scale)) for side in frame.shape[::-1]]
    small = cv2.resize(cv2.medianBlur(frame, 3), size, interpolation=cv2.INTER_NEAREST)
    values = np.clip((small.astype(np.float32) - reference) / REACH, -1, 1)
    values[small == 0] = 1.0
    return MetricMap(values, reference, scale)


def nearest_surface(frame: npt.NDArray[np.uint16], focal: float) -> float | None:
    """Return the depth in mm from which on lies the nearest surface of at least `AREA`.

    A reading at depth z covers (z / focal)² mm²; stray pixels never add up to a head.
    """
    depth = frame[(frame >= NEAREST) & (frame <= FARTHEST)].astype(np.float64)
    edges = np.arange(NEAREST, FARTHEST + BIN, BIN)
    area, _ = np.histogram(depth, edges, weights=(depth / focal) ** 2)
    before = np.concatenate([[0.0], np.cumsum(area)])
    ends = np.minimum(np.arange(len(area)) + int(THICK / BIN), len(area))
    enough = np.flatnonzero(before[ends] - before[:-1] >= AREA)
    if not enough.size:
        return None
    # Within the slab, the front is where the first percent of its surface has been passed.
    start, stop = edges[enough[0]], edges[enough[0]] + THICK
    return float(np.percentile(depth[(depth >= start) & (depth < stop)], 2))
