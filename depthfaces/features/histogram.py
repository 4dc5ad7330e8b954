"""Histograms of many images at once."""

from typing import Any

import numpy as np
import numpy.typing as npt


def image_histograms(
    values: npt.NDArray[Any], bins: int, low: float, high: float
) -> npt.NDArray[np.float32]:
    """Return the share of each image's `values` (n, H, W) per equal-width bin, (n, bins).

    The bins span [low, high]; values outside count in the first or last bin, `high` in the last.
    """
    image_count = len(values)
    bin_index = ((values.reshape(image_count, -1) - low) * (bins / (high - low))).astype(np.intp)
    np.clip(bin_index, 0, bins - 1, out=bin_index)
    bin_index += bins * np.arange(image_count)[:, None]
    counts = np.bincount(bin_index.ravel(), minlength=image_count * bins).reshape(image_count, bins)
    return np.asarray(counts / bin_index.shape[1], np.float32)
