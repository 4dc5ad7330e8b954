"""Metrics of depth images: background, holes, depth values, normals, spectrum, symmetry."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.stats import wasserstein_distance

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]
BACKGROUND_DEPTH = -0.98  # prepared faces put it at -1; generated ones come close to it
DEPTH_BINS = 64  # of depth from -1 to 1
SLANTS, TURNS = 6, 12  # cells of the normal's angle to the eye, and of its direction
SLOPE_SCALE = 0.5  # depth units to half sides: slopes as a lamp would show them


def background_share(*, images: Array) -> float:
    """Return the mean share of pixels that show no face."""
    return float((images <= BACKGROUND_DEPTH).mean())


def hole_share(*, images: Array) -> float:
    """Return the mean share of pixels without a face that face pixels enclose."""
    face_masks = images > BACKGROUND_DEPTH
    holes = [ndimage.binary_fill_holes(mask).sum() - mask.sum() for mask in face_masks]
    return float(np.sum(holes) / images.size)


def asymmetry(*, images: Array) -> float:
    """Return the mean depth difference of a face pixel and its mirror pixel; 0 = symmetric."""
    mirrored = images[..., ::-1]
    both_face = (images > BACKGROUND_DEPTH) & (mirrored > BACKGROUND_DEPTH)
    if not both_face.any():
        raise UndefinedError("no face has pixels on both sides")
    return float(np.abs(images - mirrored)[both_face].mean())


def depth_distance(*, real: Array, fake: Array) -> float:
    """Return the earth mover's distance of the depth values of face pixels, in depth units."""
    bin_centres = (np.arange(DEPTH_BINS) + 0.5) / DEPTH_BINS * 2 - 1
    real_histogram, fake_histogram = (
        _normalised(_depth_histogram(images), "face pixels") for images in (real, fake)
    )
    return float(wasserstein_distance(bin_centres, bin_centres, real_histogram, fake_histogram))


def normal_distance(*, real: Array, fake: Array) -> float:
    """Return the total variation between the histograms of surface directions, 0 to 1."""
    real_histogram, fake_histogram = (
        _normalised(_normal_histogram(images), "face pixels") for images in (real, fake)
    )
    return float(0.5 * np.abs(real_histogram - fake_histogram).sum())


def spectrum_distance(*, real: Array, fake: Array) -> float:
    """Return the mean difference of the log10 radial power spectra: blur and checkerboards."""
    return float(np.abs(log_power_spectrum(real) - log_power_spectrum(fake)).mean())


def log_power_spectrum(images: Array) -> Array:
    """Return log10 of the mean power at each whole frequency from 1 to S / 2, (S / 2,).

    A Hann window hides the jump from one edge to the other.
    """
    side = images.shape[-1]
    hann_window = np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fft2(images * hann_window)) ** 2
    frequencies = np.fft.fftfreq(side, 1 / side)
    pixel_radii = np.rint(np.hypot(*np.meshgrid(frequencies, frequencies))).astype(int).ravel()
    power_sums = np.bincount(pixel_radii, power.mean(axis=0).ravel())
    ring_means = (power_sums / np.bincount(pixel_radii))[1 : side // 2 + 1]
    return np.asarray(np.log10(ring_means + 1e-12))


def _depth_histogram(images: Array) -> Array:
    return np.histogram(images[images > BACKGROUND_DEPTH], bins=DEPTH_BINS, range=(-1, 1))[0]


def _normal_histogram(images: Array) -> Array:
    """Return counts (SLANTS * TURNS,) of the directions of face pixels away from the outline."""
    slope_y, slope_x = np.gradient(
        images.astype(float) * images.shape[-1] * SLOPE_SCALE, axis=(1, 2)
    )
    inner_mask = ndimage.binary_erosion(images > BACKGROUND_DEPTH, np.ones((1, 3, 3)))
    slant = np.arctan(np.hypot(slope_y, slope_x))[inner_mask] / (np.pi / 2) * SLANTS
    turn = (np.arctan2(slope_y, slope_x)[inner_mask] / (2 * np.pi) % 1) * TURNS
    cells = slant.astype(int).clip(0, SLANTS - 1) * TURNS + turn.astype(int).clip(0, TURNS - 1)
    return np.bincount(cells, minlength=SLANTS * TURNS)


def _normalised(counts: Array, what: str) -> Array:
    if not counts.sum():
        raise UndefinedError(f"no {what}")
    return np.asarray(counts / counts.sum())
