"""The shape of the surface: histograms of its normals and of its curvature, by cell."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from depthfaces.errors import ParamsError
from depthfaces.schema import Features

Array = npt.NDArray[Any]

BACKGROUND = -1.0
AZIMUTH_BINS, TILT_BINS = 8, 4  # of a full turn and of the 90° from facing the camera
SHAPE_BINS = 8  # of the shape index: cup, trough, rut, saddle (twice), ridge, dome, cap
SMOOTHING = 1 / 48  # sigma before second differences, as a share of the side: noise dominates below


def normals(images: Array, params: Features) -> npt.NDArray[np.float32]:
    """Return each cell's share of normals by azimuth and tilt, (n, cells^2 * 32).

    Pixels beside the background have no normal; a cell's shares add up to its share of face pixels.
    """
    down, right = _gradients(_depth_in_pixels(images, params))
    tilt = np.arctan(np.hypot(down, right)) * (2 * TILT_BINS / np.pi)
    azimuth = np.arctan2(down, right) * (AZIMUTH_BINS / (2 * np.pi)) % AZIMUTH_BINS
    bins = np.minimum(azimuth.astype(np.intp), AZIMUTH_BINS - 1) * TILT_BINS
    bins += np.minimum(tilt.astype(np.intp), TILT_BINS - 1)
    return _cell_histograms(
        bins, _away_from_background(images, 1), AZIMUTH_BINS * TILT_BINS, params.normal_cells
    )


def curvature(images: Array, params: Features) -> npt.NDArray[np.float32]:
    """Return each cell's mean curvedness by shape index, (n, cells^2 * 8).

    Koenderink, van Doorn (1992): with the principal curvatures' mean H and product K, the index
    2/pi atan(H / sqrt(H^2 - K)) in [-1, 1] is the shape, sqrt(2 H^2 - K) how strongly it bends,
    here in 1 / side of the face. +1 is a cap that points away from the camera.
    """
    side = images.shape[1]
    heights = gaussian_filter(
        _depth_in_pixels(images, params), (0, side * SMOOTHING, side * SMOOTHING)
    )
    mean_curvature, gaussian_curvature = surface_curvatures(heights)
    discriminant_root = np.sqrt(np.maximum(mean_curvature**2 - gaussian_curvature, 0))
    shape_index = np.arctan2(mean_curvature, discriminant_root) * (2 / np.pi)
    curvedness = side * np.sqrt(np.maximum(2 * mean_curvature**2 - gaussian_curvature, 0))
    bins = np.clip(((shape_index + 1) * (SHAPE_BINS / 2)).astype(np.intp), 0, SHAPE_BINS - 1)
    reach = max(1, round(2 * side * SMOOTHING))
    return _cell_histograms(
        bins, curvedness * _away_from_background(images, reach), SHAPE_BINS, params.curvature_cells
    )


def surface_curvatures(heights: Array) -> tuple[Array, Array]:
    """Return mean and Gaussian curvature of surfaces z(row, column), (n, S, S), in 1 / pixel."""
    down, right = _gradients(heights)
    (down_down, down_right), (_, right_right) = _gradients(down), _gradients(right)
    squared_length = 1 + down**2 + right**2
    gaussian_curvature = (down_down * right_right - down_right**2) / squared_length**2
    mean_numerator = (
        (1 + right**2) * down_down - 2 * down * right * down_right + (1 + down**2) * right_right
    )
    return mean_numerator / (2 * squared_length**1.5), gaussian_curvature


def _depth_in_pixels(images: Array, params: Features) -> Array:
    """Return how far each pixel lies behind the front, in pixels."""
    depth_range = params.relief * images.shape[1]
    return np.asarray((1 - np.asarray(images, np.float32)) / 2 * depth_range)


def _gradients(heights: Array) -> tuple[Array, Array]:
    """Return central differences along rows and along columns; one-sided at the border."""
    down, right = np.gradient(heights, axis=(1, 2))
    return down, right


def _away_from_background(images: Array, reach: int) -> Array:
    """Return where no background lies within `reach` pixels along row or column."""
    face_mask = images > BACKGROUND
    for axis in (1, 2):
        original = np.moveaxis(face_mask.copy(), axis, 0)
        eroded = np.moveaxis(face_mask, axis, 0)
        for step in range(1, reach + 1):
            eroded[step:] &= original[:-step]
            eroded[:-step] &= original[step:]
    return face_mask


def _cell_histograms(
    bins: Array, weights: Array, bin_count: int, cells: int
) -> npt.NDArray[np.float32]:
    """Return each cell's mean weight per pixel by bin, (n, cells^2 * bin_count)."""
    image_count, side, _ = bins.shape
    if side % cells:
        raise ParamsError(
            f"features.normal_cells and curvature_cells: expected divisors of "
            f"the face's side {side}, found {cells}"
        )
    cell_of_pixel = np.arange(side) // (side // cells)
    bin_indices = (
        np.arange(image_count)[:, None, None] * cells + cell_of_pixel[:, None]
    ) * cells + cell_of_pixel
    bin_indices = bin_indices * bin_count + bins
    bin_sums = np.bincount(bin_indices.ravel(), weights.ravel(), image_count * cells**2 * bin_count)
    return np.asarray(bin_sums.reshape(image_count, -1) / (side // cells) ** 2, np.float32)
