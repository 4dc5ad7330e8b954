"""Cut a face out of a raw frame: a square of fixed millimetres round the nose tip, cleaned."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.depth import frontal

Floats = npt.NDArray[np.float32]

PATCH = 11.0  # mm: radius round the nose in which its depth is read
ALONE = 12.0  # mm: a reading with fewer than three neighbours within this is a flying pixel
GRAIN = 6.0  # mm: steps below this are noise to the denoiser, above it they are shape


@dataclass(frozen=True)
class Window:
    """What a finished face spans: `size` pixels, `crop` mm, depth `front` to `back` mm."""

    size: int
    crop: float
    front: float
    back: float

    def encode(self, behind: Floats) -> Floats:
        """Map millimetres behind the nose tip to [-1, 1]: front = 1, back and beyond = -1."""
        share = (behind - self.front) / (self.back - self.front)
        return np.asarray(1 - 2 * np.clip(share, 0, 1), np.float32)

    def decode(self, values: Floats) -> Floats:
        """Map [-1, 1] back to millimetres behind the nose tip."""
        return np.asarray(self.front + (1 - values) / 2 * (self.back - self.front), np.float32)


class Nose(NamedTuple):
    """The nose tip in a raw frame: pixel column and row, depth in mm, and mm a pixel there."""

    column: float
    row: float
    depth: float
    pitch: float


def nose_depth(
    frame: npt.NDArray[np.uint16], place: tuple[float, float], pitch: float, front: float
) -> float | None:
    """Return the nose tip's depth in mm, or None without readings.

    It is the 20 % quantile of the readings within `PATCH` of `place` (column, row), so neither a
    stray pixel nor a hole moves it; `pitch` is mm a pixel, `front` where the head begins.
    """
    reach = max(1, round(PATCH / pitch))
    column, row = (round(value) for value in place)
    top, left = max(row - reach, 0), max(column - reach, 0)
    depth = frame[top : row + reach + 1, left : column + reach + 1].astype(np.float32)
    near = depth[has_company(depth, (depth > front - 60) & (depth < front + 200))]
    return float(np.quantile(near, 0.2)) if near.size >= 3 else None


def cut(
    frame: npt.NDArray[np.uint16], nose: Nose, window: Window, turned: Floats | None = None
) -> Floats:
    """Return the face (size, size) in mm behind the nose tip, `back` where nothing is near.

    `turned` is the head's rotation (3, 3) to be undone.
    """
    reach = round(0.6 * window.crop / nose.pitch) + 2
    column, row = round(nose.column), round(nose.row)
    padded = cv2.copyMakeBorder(frame, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    part = padded[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
    centre = (reach + nose.column - column, reach + nose.row - row)
    behind = part.astype(np.float32) - np.float32(nose.depth)
    solid = (part > 0) & (behind > window.front - 20) & (behind < window.back)
    solid = has_company(behind, solid)
    surface = fill(np.where(solid, behind, np.float32(window.back)), solid, window.back)
    if turned is not None:
        surface = frontal.turn(surface, centre, nose.pitch, turned, window.back)
        surface = fill(surface, surface < window.back, window.back)
    smooth = cv2.bilateralFilter(surface, 5, GRAIN, max(1.0, 2.5 / nose.pitch))
    return _resample(np.asarray(smooth, np.float32), centre, nose.pitch, window)


def fill(behind: Floats, solid: npt.NDArray[np.bool_], back: float) -> Floats:
    """Return `behind` with small holes filled from their surroundings; no holes: unchanged.

    A hole is what a closing by 7 pixels covers; its depth is the Gaussian mean of the readings.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    closed = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_CLOSE, kernel).astype(bool)
    hole = closed & ~solid
    if not hole.any():
        return behind
    weight = cv2.GaussianBlur(solid.astype(np.float32), (0, 0), 2)
    total = cv2.GaussianBlur(np.where(solid, behind, 0).astype(np.float32), (0, 0), 2)
    mean = np.minimum(total / np.maximum(weight, 1e-3), back)
    return np.asarray(np.where(hole, mean, behind), np.float32)


def has_company(behind: Floats, solid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return where, in `solid`, at least three of the eight neighbours lie within `ALONE` mm."""
    count = np.zeros(behind.shape, np.uint8)
    depth = np.where(solid, behind, np.float32(1e6))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if down or right:
                count += np.abs(np.roll(depth, (down, right), (0, 1)) - depth) < ALONE
    return solid & (count >= 3)


def _resample(behind: Floats, centre: tuple[float, float], pitch: float, window: Window) -> Floats:
    """Return (size, size) pixels of crop / size mm with `centre` (column, row) in the middle."""
    step = window.crop / window.size / pitch  # source pixels a pixel of the result
    if step > 2:
        behind = np.asarray(cv2.blur(behind, (int(step), int(step))), np.float32)
    shift = [value - step * (window.size - 1) / 2 for value in centre]
    matrix = np.array([[step, 0, shift[0]], [0, step, shift[1]]])
    return np.asarray(
        cv2.warpAffine(
            behind, matrix, (window.size, window.size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=window.back,
        ),
        np.float32,
    )  # fmt: skip
