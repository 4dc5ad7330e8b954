"""Crop a face out of a raw frame: a square of fixed size in mm round the nose tip, cleaned."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.depth import frontal

Floats = npt.NDArray[np.float32]

PATCH = 11.0  # mm: radius of the patch round the nose tip in which its depth is measured
MAX_NEIGHBOUR_STEP = 12.0  # mm: a pixel is flying unless three neighbours are this near in depth
NOISE_STEP = 6.0  # mm: the bilateral filter smooths depth steps below this and keeps those above


@dataclass(frozen=True)
class Window:
    """The extent of a prepared face: `size` pixels, `crop` mm, depth `front` to `back` mm."""

    size: int
    crop: float
    front: float
    back: float

    def encode(self, relative_depth: Floats) -> Floats:
        """Map depth in mm behind the nose tip to [-1, 1]: front = 1, back and beyond = -1."""
        window_share = (relative_depth - self.front) / (self.back - self.front)
        return np.asarray(1 - 2 * np.clip(window_share, 0, 1), np.float32)

    def decode(self, values: Floats) -> Floats:
        """Map [-1, 1] back to depth in mm behind the nose tip."""
        return np.asarray(self.front + (1 - values) / 2 * (self.back - self.front), np.float32)


class Nose(NamedTuple):
    """The nose tip in a raw frame: pixel column and row, depth in mm, and mm per pixel there."""

    column: float
    row: float
    depth: float
    pitch: float


def nose_depth(
    frame: npt.NDArray[np.uint16], nose_position: tuple[float, float], pitch: float, front: float
) -> float | None:
    """Return the nose tip's depth in mm, or None where nothing was measured.

    It is the 20 % quantile of the depths within `PATCH` of `nose_position` (column, row), so
    neither a stray pixel nor a hole moves it; `pitch` is mm per pixel, `front` the depth in mm at
    which the head begins.
    """
    patch_radius = max(1, round(PATCH / pitch))
    nose_column, nose_row = (round(value) for value in nose_position)
    top, left = max(nose_row - patch_radius, 0), max(nose_column - patch_radius, 0)
    patch_depths = frame[
        top : nose_row + patch_radius + 1, left : nose_column + patch_radius + 1
    ].astype(np.float32)
    nearby_depths = patch_depths[
        without_flying_pixels(
            patch_depths, (patch_depths > front - 60) & (patch_depths < front + 200)
        )
    ]
    return float(np.quantile(nearby_depths, 0.2)) if nearby_depths.size >= 3 else None


def cut_face(
    frame: npt.NDArray[np.uint16], nose: Nose, window: Window, head_rotation: Floats | None = None
) -> Floats:
    """Crop the face (size, size) in mm behind the nose tip; `window.back` is background.

    `head_rotation` (3, 3) is undone where it is given.
    """
    crop_radius = round(0.6 * window.crop / nose.pitch) + 2
    nose_column, nose_row = round(nose.column), round(nose.row)
    padded_frame = cv2.copyMakeBorder(
        frame, crop_radius, crop_radius, crop_radius, crop_radius, cv2.BORDER_CONSTANT, value=0
    )
    raw_patch = padded_frame[
        nose_row : nose_row + 2 * crop_radius + 1, nose_column : nose_column + 2 * crop_radius + 1
    ]
    nose_centre = (crop_radius + nose.column - nose_column, crop_radius + nose.row - nose_row)
    relative_depth = raw_patch.astype(np.float32) - np.float32(nose.depth)
    solid_mask = (
        (raw_patch > 0) & (relative_depth > window.front - 20) & (relative_depth < window.back)
    )
    solid_mask = without_flying_pixels(relative_depth, solid_mask)
    surface = fill(
        np.where(solid_mask, relative_depth, np.float32(window.back)), solid_mask, window.back
    )
    if head_rotation is not None:
        surface = frontal.rotate_surface(
            surface, nose_centre, nose.pitch, head_rotation, window.back
        )
        surface = fill(surface, surface < window.back, window.back)
    smooth_surface = cv2.bilateralFilter(surface, 5, NOISE_STEP, max(1.0, 2.5 / nose.pitch))
    return _resample(np.asarray(smooth_surface, np.float32), nose_centre, nose.pitch, window)


def fill(relative_depth: Floats, solid_mask: npt.NDArray[np.bool_], back: float) -> Floats:
    """Fill small holes of `relative_depth` from their surroundings; no holes: return it unchanged.

    A hole is what a closing by 7 pixels covers; its depth is the Gaussian mean of the pixels of
    `solid_mask` round it.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    closed_mask = cv2.morphologyEx(solid_mask.astype(np.uint8), cv2.MORPH_CLOSE, kernel).astype(
        bool
    )
    hole_mask = closed_mask & ~solid_mask
    if not hole_mask.any():
        return relative_depth
    blurred_weight = cv2.GaussianBlur(solid_mask.astype(np.float32), (0, 0), 2)
    blurred_depth = cv2.GaussianBlur(
        np.where(solid_mask, relative_depth, 0).astype(np.float32), (0, 0), 2
    )
    mean_depth = np.minimum(blurred_depth / np.maximum(blurred_weight, 1e-3), back)
    return np.asarray(np.where(hole_mask, mean_depth, relative_depth), np.float32)


def without_flying_pixels(
    relative_depth: Floats, solid_mask: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return `solid_mask` without flying pixels.

    A pixel stays where at least three of its eight neighbours lie within `MAX_NEIGHBOUR_STEP` mm.
    """
    neighbour_count = np.zeros(relative_depth.shape, np.uint8)
    masked_depth = np.where(solid_mask, relative_depth, np.float32(1e6))
    for row_shift in (-1, 0, 1):
        for column_shift in (-1, 0, 1):
            if row_shift or column_shift:
                neighbour_count += (
                    np.abs(np.roll(masked_depth, (row_shift, column_shift), (0, 1)) - masked_depth)
                    < MAX_NEIGHBOUR_STEP
                )
    return solid_mask & (neighbour_count >= 3)


def _resample(
    relative_depth: Floats, nose_centre: tuple[float, float], pitch: float, window: Window
) -> Floats:
    """Resample to (size, size) pixels of crop / size mm with `nose_centre` in the middle."""
    source_step = window.crop / window.size / pitch  # source pixels per pixel of the result
    if source_step > 2:
        relative_depth = np.asarray(
            cv2.blur(relative_depth, (int(source_step), int(source_step))), np.float32
        )
    grid_origin = [coordinate - source_step * (window.size - 1) / 2 for coordinate in nose_centre]
    affine_matrix = np.array([[source_step, 0, grid_origin[0]], [0, source_step, grid_origin[1]]])
    return np.asarray(
        cv2.warpAffine(
            relative_depth, affine_matrix, (window.size, window.size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=window.back,
        ),
        np.float32,
    )  # fmt: skip
