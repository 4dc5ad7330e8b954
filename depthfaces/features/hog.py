"""Histograms of gradient orientations in cells, normalised over blocks of cells."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.errors import ParamsError
from depthfaces.schema import Features

Array = npt.NDArray[Any]
TINY = 1e-5  # keeps an empty block from dividing by zero
CLIP = 0.2  # no direction may rule a block: Hys of L2-Hys


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
    histograms = _cells(images, cells, params.hog_orientations)
    return _blocks(histograms, block).astype(np.float32)


def _cells(images: Array, cells: int, orientations: int) -> Array:
    """Return each cell's mean gradient by orientation, (n, cells, cells, orientations)."""
    count, side, _ = images.shape
    down, right = np.zeros(images.shape), np.zeros(images.shape)
    np.subtract(images[:, 2:], images[:, :-2], out=down[:, 1:-1], dtype=images.dtype)
    np.subtract(images[:, :, 2:], images[:, :, :-2], out=right[:, :, 1:-1], dtype=images.dtype)
    cell = np.arange(side) // (side // cells)
    places = (np.arange(count)[:, None, None] * cells + cell[:, None]) * cells + cell
    places = places * orientations + _orientation(down, right, orientations)
    lengths = np.sqrt(down * down + right * right)
    total = np.bincount(places.ravel(), lengths.ravel(), count * cells**2 * orientations)
    return np.asarray(total.reshape(count, cells, cells, orientations) / (side // cells) ** 2)


def _orientation(down: Array, right: Array, orientations: int) -> Array:
    """Return which of the even parts of a half turn each gradient points into.

    The cotangent falls from +infinity to -infinity over the half turn: counting the borders that
    it has passed needs no arc tangent. A level gradient lies in the first part.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        cotangent = np.where(down == 0, np.inf, right / down)
    part = np.zeros(down.shape, np.uint8)
    for border in np.pi * np.arange(1, orientations) / orientations:
        part += cotangent <= 1 / np.tan(border)
    return part


def _blocks(histograms: Array, block: int) -> Array:
    """Return all overlapping blocks of cells, each normalised, side by side (n, ...)."""
    views = np.lib.stride_tricks.sliding_window_view(histograms, (block, block), axis=(1, 2))
    blocks = views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)
    clipped = np.minimum(_normal(blocks), CLIP)
    return _normal(clipped).reshape(len(blocks), -1)


def _normal(blocks: Array) -> Array:
    squares = np.einsum("...i,...i->...", blocks, blocks)[..., None]
    return np.asarray(blocks / np.sqrt(squares + TINY**2))
