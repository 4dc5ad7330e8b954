"""Histograms of gradient orientations in cells, normalised over blocks of cells."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.errors import ParamsError
from depthfaces.schema import Features

Array = npt.NDArray[Any]
EPSILON = 1e-5  # avoids a division by zero in an empty block
CLIP = 0.2  # no orientation may dominate a block: Hys of L2-Hys


def hog(images: Array, params: Features) -> npt.NDArray[np.float32]:
    """Return (n, (cells - block + 1)^2 * block^2 * orientations), L2-Hys (Dalal, Triggs 2005).

    A cell is a share of the face's side, so that a column means the same place at every size.
    """
    side, cells, block = images.shape[1], params.hog_cells, params.hog_block
    if side % cells or block > cells:
        raise ParamsError(
            f"features.hog_cells: expected a divisor of the face's side {side} and at least "
            f"features.hog_block {block}, found {cells}"
        )
    return oriented(images, cells, block, params.hog_orientations)


def oriented(images: Array, cells: int, block: int, orientations: int) -> npt.NDArray[np.float32]:
    """Return what `hog` does for `cells` a side, a divisor of the face's, and their blocks."""
    return _normalised_blocks(_cell_histograms(images, cells, orientations), block).astype(
        np.float32
    )


def _cell_histograms(images: Array, cells: int, orientations: int) -> Array:
    """Return each cell's mean magnitude by orientation, (n, cells, cells, orientations)."""
    count, side, _ = images.shape
    down, right = np.zeros(images.shape), np.zeros(images.shape)
    np.subtract(images[:, 2:], images[:, :-2], out=down[:, 1:-1], dtype=images.dtype)
    np.subtract(images[:, :, 2:], images[:, :, :-2], out=right[:, :, 1:-1], dtype=images.dtype)
    cell_of_pixel = np.arange(side) // (side // cells)
    bin_indices = (
        np.arange(count)[:, None, None] * cells + cell_of_pixel[:, None]
    ) * cells + cell_of_pixel
    bin_indices = bin_indices * orientations + _orientation_bins(down, right, orientations)
    magnitudes = np.sqrt(down * down + right * right)
    bin_sums = np.bincount(bin_indices.ravel(), magnitudes.ravel(), count * cells**2 * orientations)
    return np.asarray(bin_sums.reshape(count, cells, cells, orientations) / (side // cells) ** 2)


def _orientation_bins(down: Array, right: Array, orientations: int) -> Array:
    """Return the orientation bin of each gradient; bins divide a half turn equally.

    The cotangent falls from +infinity to -infinity over the half turn: counting the borders that
    it has passed needs no arc tangent. A level gradient lies in the first bin.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        cotangent = np.where(down == 0, np.inf, right / down)
    bin_index = np.zeros(down.shape, np.uint8)
    for bin_border in np.pi * np.arange(1, orientations) / orientations:
        bin_index += cotangent <= 1 / np.tan(bin_border)
    return bin_index


def _normalised_blocks(histograms: Array, block: int) -> Array:
    """Return all overlapping blocks of cells, each normalised, side by side (n, ...)."""
    cell_windows = np.lib.stride_tricks.sliding_window_view(histograms, (block, block), axis=(1, 2))
    blocks = cell_windows.transpose(0, 1, 2, 4, 5, 3).reshape(*cell_windows.shape[:3], -1)
    clipped_blocks = np.minimum(_l2_normalise(blocks), CLIP)
    return _l2_normalise(clipped_blocks).reshape(len(blocks), -1)


def _l2_normalise(blocks: Array) -> Array:
    squared_norms = np.einsum("...i,...i->...", blocks, blocks)[..., None]
    return np.asarray(blocks / np.sqrt(squared_norms + EPSILON**2))
