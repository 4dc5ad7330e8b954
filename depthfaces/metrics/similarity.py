"""Similarity of two images, pixel by pixel: SSIM, MS-SSIM, PSNR of pairs.

They compare pairs, and a generated set has none: the pairs are what makes such a number mean
something (an image and its reconstruction, a face and its nearest real one).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]
GREY_RANGE = 255.0  # of the grey levels that both measures are stated in
WINDOW_SIDE, WINDOW_SIGMA = 11, 1.5  # window of SSIM in pixels, and its Gaussian (Wang et al. 2004)
K1, K2 = 0.01, 0.03
# Of each scale (Wang et al. 2003); small images have fewer scales, and the rest sums to 1.
SCALE_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def grey(images: Array) -> Array:
    """Return prepared faces in [-1, 1] as grey levels 0 to 255, not rounded."""
    return np.asarray((images.astype(float) + 1) * (GREY_RANGE / 2))


def psnr(a: Array, b: Array, *, factor: float = 10.0) -> Array:
    """Return `factor` log10(255^2 / mean square error) of grey pairs (n, S, S), (n,), in dB.

    Infinite for equal images.
    """
    squared_error = np.mean((a.astype(float) - b) ** 2, axis=(1, 2))
    with np.errstate(divide="ignore"):
        return np.asarray(factor * np.log10(GREY_RANGE**2 / squared_error))


def ssim(a: Array, b: Array) -> Array:
    """Return the mean SSIM of grey pairs (n, S, S) in 0 to 255, (n,)."""
    luminance, contrast_structure = _ssim_maps(a.astype(float), b.astype(float))
    return np.asarray((luminance * contrast_structure).mean(axis=(1, 2)))


def ms_ssim(a: Array, b: Array) -> Array:
    """Return the multi-scale SSIM of face pairs (n, S, S) in [-1, 1], (n,).

    As many of the five scales as the window fits into. Negative contrast terms count as 0: they
    have no root.
    """
    a, b = grey(a), grey(b)
    if a.shape[-1] < WINDOW_SIDE:
        raise UndefinedError(f"needs {WINDOW_SIDE} pixels a side, found {a.shape[-1]}")
    scale_count = int(min(len(SCALE_WEIGHTS), 1 + np.log2(a.shape[-1] / WINDOW_SIDE)))
    scale_weights = SCALE_WEIGHTS[:scale_count] / SCALE_WEIGHTS[:scale_count].sum()
    similarity = np.ones(len(a))
    for scale_index, weight in enumerate(scale_weights):
        luminance, contrast_structure = _ssim_maps(a, b)
        similarity_map = (
            luminance * contrast_structure if scale_index == scale_count - 1 else contrast_structure
        )
        similarity *= np.maximum(similarity_map.mean(axis=(1, 2)), 0) ** weight
        a, b = _halve_resolution(a), _halve_resolution(b)
    return similarity


def _ssim_maps(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the luminance and the contrast-structure map, without the edge the window hangs over.

    Variances with n - 1, as scikit-image has them, so that both agree.
    """
    sample_correction = WINDOW_SIDE**2 / (WINDOW_SIDE**2 - 1)
    mean_a, mean_b = _gaussian_blur(a), _gaussian_blur(b)
    var_a = sample_correction * (_gaussian_blur(a * a) - mean_a**2)
    var_b = sample_correction * (_gaussian_blur(b * b) - mean_b**2)
    covariance = sample_correction * (_gaussian_blur(a * b) - mean_a * mean_b)
    c1, c2 = (K1 * GREY_RANGE) ** 2, (K2 * GREY_RANGE) ** 2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    contrast_structure = (2 * covariance + c2) / (var_a + var_b + c2)
    inner = slice(WINDOW_SIDE // 2, -(WINDOW_SIDE // 2))
    return luminance[:, inner, inner], contrast_structure[:, inner, inner]


def _gaussian_blur(images: Array) -> Array:
    offsets = np.arange(WINDOW_SIDE) - WINDOW_SIDE // 2
    gaussian_window = np.exp(-0.5 * (offsets / WINDOW_SIGMA) ** 2)
    gaussian_window /= gaussian_window.sum()
    return np.asarray(
        correlate1d(correlate1d(images, gaussian_window, axis=1), gaussian_window, axis=2)
    )


def _halve_resolution(images: Array) -> Array:
    n, half_side = len(images), images.shape[-1] // 2
    even_images = images[:, : 2 * half_side, : 2 * half_side]
    return np.asarray(even_images.reshape(n, half_side, 2, half_side, 2).mean(axis=(2, 4)))
