"""What the surface itself does: histograms of its normals and of its curvature, by cell."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from depthfaces.errors import ParamsError
from depthfaces.schema import Features

Array = npt.NDArray[Any]

BACKGROUND = -1.0
AZIMUTHS, TILTS = 8, 4  # parts of a full turn and of the 90° from facing the camera
SHAPES = 8  # parts of the shape index: cup, trough, rut, saddle (twice), ridge, dome, cap
GRAIN = 1 / 48  # smoothing before second differences, as a share of the side: noise rules below


def normals(images: Array, params: Features) -> npt.NDArray[np.float32]:
    """Return each cell's share of normals by azimuth and tilt, (n, cells^2 * 32).

    Pixels beside the background have no normal; a cell's shares add up to its part of the face.
    """
    down, right = _slopes(_heights(images, params))
    tilt = np.arctan(np.hypot(down, right)) * (2 * TILTS / np.pi)
    turn = np.arctan2(down, right) * (AZIMUTHS / (2 * np.pi)) % AZIMUTHS
    bins = np.minimum(turn.astype(np.intp), AZIMUTHS - 1) * TILTS
    bins += np.minimum(tilt.astype(np.intp), TILTS - 1)
    return _by_cell(bins, _inside(images, 1), AZIMUTHS * TILTS, params.normal_cells)


def curvature(images: Array, params: Features) -> npt.NDArray[np.float32]:
    """Return each cell's mean curvedness by shape index, (n, cells^2 * 8).

    Koenderink, van Doorn (1992): with the principal curvatures' mean H and product K, the index
    2/pi atan(H / sqrt(H^2 - K)) in [-1, 1] is the shape, sqrt(2 H^2 - K) how strongly it bends,
    here in 1 / side of the face. +1 is a cap that points away from the camera.
    """
    side = images.shape[1]
    heights = gaussian_filter(_heights(images, params), (0, side * GRAIN, side * GRAIN))
    mean, gauss = bending(heights)
    root = np.sqrt(np.maximum(mean**2 - gauss, 0))
    index = np.arctan2(mean, root) * (2 / np.pi)
    curved = side * np.sqrt(np.maximum(2 * mean**2 - gauss, 0))
    bins = np.clip(((index + 1) * (SHAPES / 2)).astype(np.intp), 0, SHAPES - 1)
    reach = max(1, round(2 * side * GRAIN))
    return _by_cell(bins, curved * _inside(images, reach), SHAPES, params.curvature_cells)


def bending(heights: Array) -> tuple[Array, Array]:
    """Return mean and Gaussian curvature of surfaces z(row, column), (n, S, S), in 1 / pixel."""
    down, right = _slopes(heights)
    (down2, mixed), (_, right2) = _slopes(down), _slopes(right)
    steep = 1 + down**2 + right**2
    gauss = (down2 * right2 - mixed**2) / steep**2
    twice = (1 + right**2) * down2 - 2 * down * right * mixed + (1 + down**2) * right2
    return twice / (2 * steep**1.5), gauss


def _heights(images: Array, params: Features) -> Array:
    """Return how far each pixel lies behind the front, in pixels."""
    deep = params.relief * images.shape[1]
    return np.asarray((1 - np.asarray(images, np.float32)) / 2 * deep)


def _slopes(heights: Array) -> tuple[Array, Array]:
    """Return central differences along rows and along columns; one-sided at the border."""
    down, right = np.gradient(heights, axis=(1, 2))
    return down, right


def _inside(images: Array, reach: int) -> Array:
    """Return where no background lies within `reach` pixels along row or column."""
    face = images > BACKGROUND
    for axis in (1, 2):
        along = np.moveaxis(face.copy(), axis, 0)
        kept = np.moveaxis(face, axis, 0)
        for step in range(1, reach + 1):
            kept[step:] &= along[:-step]
            kept[:-step] &= along[step:]
    return face


def _by_cell(bins: Array, weights: Array, kinds: int, cells: int) -> npt.NDArray[np.float32]:
    """Return the mean weight a pixel of each cell by bin, (n, cells^2 * kinds)."""
    count, side, _ = bins.shape
    if side % cells:
        raise ParamsError(
            f"features.normal_cells and curvature_cells: expected divisors of "
            f"the face's side {side}, found {cells}"
        )
    cell = np.arange(side) // (side // cells)
    places = (np.arange(count)[:, None, None] * cells + cell[:, None]) * cells + cell
    places = places * kinds + bins
    total = np.bincount(places.ravel(), weights.ravel(), count * cells**2 * kinds)
    return np.asarray(total.reshape(count, -1) / (side // cells) ** 2, np.float32)
