"""What is peculiar to depth faces: background, holes, depth values, slopes, spectrum, symmetry."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.stats import wasserstein_distance

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]
BACKGROUND = -0.98  # prepared faces put it at -1; generated ones come close to it
BINS = 64  # of depth from -1 to 1
SLANTS, TURNS = 6, 12  # cells of the normal's angle to the eye, and of its direction
STEEP = 0.5  # depth units to half sides: slopes as a lamp would show them


def background_share(*, images: Array) -> float:
    """Return the mean share of pixels that show no face."""
    return float((images <= BACKGROUND).mean())


def hole_share(*, images: Array) -> float:
    """Return the mean share of pixels without a face that face pixels enclose."""
    inside = images > BACKGROUND
    holes = [ndimage.binary_fill_holes(mask).sum() - mask.sum() for mask in inside]
    return float(np.sum(holes) / images.size)


def asymmetry(*, images: Array) -> float:
    """Return the mean depth difference of a face pixel and its mirror pixel; 0 = symmetric."""
    mirrored = images[..., ::-1]
    both = (images > BACKGROUND) & (mirrored > BACKGROUND)
    if not both.any():
        raise UndefinedError("no face has pixels on both sides")
    return float(np.abs(images - mirrored)[both].mean())


def depth_distance(*, real: Array, fake: Array) -> float:
    """Return the earth mover's distance of the depth values of face pixels, in depth units."""
    centres = (np.arange(BINS) + 0.5) / BINS * 2 - 1
    a, b = (_filled(_depths(images), "face pixels") for images in (real, fake))
    return float(wasserstein_distance(centres, centres, a, b))


def normal_distance(*, real: Array, fake: Array) -> float:
    """Return the total variation between the histograms of surface directions, 0 to 1."""
    a, b = (_filled(_normals(images), "face pixels") for images in (real, fake))
    return float(0.5 * np.abs(a - b).sum())


def spectrum_distance(*, real: Array, fake: Array) -> float:
    """Return the mean difference of the log10 radial power spectra: blur and checkerboards."""
    return float(np.abs(spectrum(real) - spectrum(fake)).mean())


def spectrum(images: Array) -> Array:
    """Return log10 of the mean power at each whole frequency from 1 to S / 2, (S / 2,).

    A Hann window hides the jump from one edge to the other.
    """
    side = images.shape[-1]
    window = np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fft2(images * window)) ** 2
    frequency = np.fft.fftfreq(side, 1 / side)
    radius = np.rint(np.hypot(*np.meshgrid(frequency, frequency))).astype(int).ravel()
    total = np.bincount(radius, power.mean(axis=0).ravel())
    rings = (total / np.bincount(radius))[1 : side // 2 + 1]
    return np.asarray(np.log10(rings + 1e-12))


def _depths(images: Array) -> Array:
    return np.histogram(images[images > BACKGROUND], bins=BINS, range=(-1, 1))[0]


def _normals(images: Array) -> Array:
    """Return counts (SLANTS * TURNS,) of the directions of face pixels away from the outline."""
    down, along = np.gradient(images.astype(float) * images.shape[-1] * STEEP, axis=(1, 2))
    inner = ndimage.binary_erosion(images > BACKGROUND, np.ones((1, 3, 3)))
    slant = np.arctan(np.hypot(down, along))[inner] / (np.pi / 2) * SLANTS
    turn = (np.arctan2(down, along)[inner] / (2 * np.pi) % 1) * TURNS
    cells = slant.astype(int).clip(0, SLANTS - 1) * TURNS + turn.astype(int).clip(0, TURNS - 1)
    return np.bincount(cells, minlength=SLANTS * TURNS)


def _filled(counts: Array, what: str) -> Array:
    if not counts.sum():
        raise UndefinedError(f"no {what}")
    return np.asarray(counts / counts.sum())
