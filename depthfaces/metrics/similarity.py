"""How alike two images are, pixel by pixel: SSIM, MS-SSIM, PSNR of pairs.

They compare pairs, and a generated set has none: the pairs are what makes such a number mean
something (an image and its reconstruction, a face and its nearest real one).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]
RANGE = 255.0  # of the grey levels that both measures are stated in
SIDE, SIGMA = 11, 1.5  # window of SSIM in pixels, and its Gaussian (Wang et al. 2004)
K1, K2 = 0.01, 0.03
# Of each scale (Wang et al. 2003); small images have fewer scales, and the rest sums to 1.
WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def grey(images: Array) -> Array:
    """Return prepared faces in [-1, 1] as grey levels 0 to 255, not rounded."""
    return np.asarray((images.astype(float) + 1) * (RANGE / 2))


def psnr(a: Array, b: Array, *, factor: float = 10.0) -> Array:
    """Return `factor` log10(255^2 / mean square error) of grey pairs (n, S, S), (n,), in dB.

    Infinite for equal images.
    """
    error = np.mean((a.astype(float) - b) ** 2, axis=(1, 2))
    with np.errstate(divide="ignore"):
        return np.asarray(factor * np.log10(RANGE**2 / error))


def ssim(a: Array, b: Array) -> Array:
    """Return the mean SSIM of grey pairs (n, S, S) in 0 to 255, (n,)."""
    light, rest = _maps(a.astype(float), b.astype(float))
    return np.asarray((light * rest).mean(axis=(1, 2)))


def ms_ssim(a: Array, b: Array) -> Array:
    """Return the multi-scale SSIM of face pairs (n, S, S) in [-1, 1], (n,).

    As many of the five scales as the window fits into. Negative contrast terms count as 0: they
    have no root.
    """
    a, b = grey(a), grey(b)
    if a.shape[-1] < SIDE:
        raise UndefinedError(f"needs {SIDE} pixels a side, found {a.shape[-1]}")
    scales = int(min(len(WEIGHTS), 1 + np.log2(a.shape[-1] / SIDE)))
    weights = WEIGHTS[:scales] / WEIGHTS[:scales].sum()
    result = np.ones(len(a))
    for scale, weight in enumerate(weights):
        light, rest = _maps(a, b)
        product = light * rest if scale == scales - 1 else rest
        result *= np.maximum(product.mean(axis=(1, 2)), 0) ** weight
        a, b = _halve(a), _halve(b)
    return result


def _maps(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the luminance and the contrast-structure map, without the edge the window hangs over.

    Variances with n - 1, as scikit-image has them, so that both agree.
    """
    count = SIDE**2 / (SIDE**2 - 1)
    mean_a, mean_b = _blur(a), _blur(b)
    var_a = count * (_blur(a * a) - mean_a**2)
    var_b = count * (_blur(b * b) - mean_b**2)
    both = count * (_blur(a * b) - mean_a * mean_b)
    c1, c2 = (K1 * RANGE) ** 2, (K2 * RANGE) ** 2
    light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    rest = (2 * both + c2) / (var_a + var_b + c2)
    edge = slice(SIDE // 2, -(SIDE // 2))
    return light[:, edge, edge], rest[:, edge, edge]


def _blur(images: Array) -> Array:
    places = np.arange(SIDE) - SIDE // 2
    window = np.exp(-0.5 * (places / SIGMA) ** 2)
    window /= window.sum()
    return np.asarray(correlate1d(correlate1d(images, window, axis=1), window, axis=2))


def _halve(images: Array) -> Array:
    n, side = len(images), images.shape[-1] // 2
    whole = images[:, : 2 * side, : 2 * side]
    return np.asarray(whole.reshape(n, side, 2, side, 2).mean(axis=(2, 4)))
