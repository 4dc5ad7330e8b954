"""What a sensor that triangulates makes of true depth: a projector or a second camera beside it.

Depth is z = f b / d, of focal length f in pixels, baseline b and disparity d in pixels. So an error
of d grows with the square of the distance (Khoshelham and Elberink, Sensors 12(2), 2012; the same
in Intel's "Tuning depth cameras for best performance"), and what only one of the two sees has no
depth.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from depthfaces.sources.virtual.camera import EMPTY
from depthfaces.sources.virtual.sensor import (
    OVERSAMPLE,
    STEP,
    SWING,
    Floats,
    grain,
    mix,
    slits,
    slope,
    smooth_noise,
    wobble,
)


@dataclass(frozen=True)
class Triangulation:
    """A sensor of `focal` pixels whose smaller image side has `side` pixels, lengths in mm.

    `baseline`: how far right of the camera its partner is, less than 0: left. `error` of disparity
    in pixels (standard deviation, before steps), `shares` of it by correlation length in pixels;
    disparity comes in steps of `step` pixels, and depth is a mean over the pixels of a matching
    window, Gaussian with deviation `window`. Edges wobble by `lateral` pixels. Of surfaces steeper
    than `steepest` degrees a share `missing` has no reading, in patches, nor has anything outside
    `nearest` to `farthest`.
    """

    focal: float
    side: int
    baseline: float
    error: float
    step: float
    shares: Mapping[float, float]
    window: float
    lateral: float
    steepest: float
    missing: float
    nearest: float
    farthest: float

    def read(
        self, true: Floats, noise: float, wall: tuple[float, float], rng: np.random.Generator
    ) -> npt.NDArray[np.uint16]:
        """Return readings (n, S, S) in whole millimetres, 0 = none, of true depth (n, 2S, 2S).

        `noise` is a factor on the error, the wobble and the lost share; steps, matching window and
        shadow stay, as they are how the sensor works. Behind all is a plane, `wall` away.
        """
        behind = rng.uniform(*wall, (len(true), 1, 1)).astype(np.float32)
        hidden = shadow(np.where(true < EMPTY, true, behind), self.focal * self.baseline)
        moved = np.stack([wobble(slits(one), noise * self.lateral, rng) for one in true])
        depth = np.stack([mix(one, self.window) for one in _nearer(moved)])
        depth = np.where(depth < EMPTY, depth, behind)
        lost = self._lost(depth, noise, rng) | (_cells(hidden).mean((2, 4)) >= 0.5)
        disparity = self.focal * abs(self.baseline) / depth
        disparity += grain(depth.shape, noise * self.error / SWING, self.shares, rng)
        steps = np.maximum(np.rint(disparity / self.step), 1)
        read = self.focal * abs(self.baseline) / (steps * self.step)
        lost |= (read < self.nearest) | (read > self.farthest)
        return np.where(lost, 0, np.clip(np.rint(read), 0, 65535)).astype(np.uint16)

    def _lost(self, depth: Floats, noise: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        """Return where (n, S, S) the surface is too steep to be matched, and is not by chance."""
        steep = slope(depth, self.focal) > np.tan(np.radians(self.steepest))
        patches = smooth_noise(depth.shape, max(self.window, 0.5), rng)
        return np.asarray(steep & (patches < ndtri(min(noise * self.missing, 1.0))))

    def deviation(self, depth: float) -> float:
        """Return the standard deviation of a reading at `depth`, in mm, of a face-on surface.

        Of error, steps and whole millimetres; those of a step are even, hence the root of 12.
        """
        pixels = np.hypot(self.error, self.step / np.sqrt(12))
        return float(np.hypot(self.resolution(depth) * pixels / self.step, 1 / np.sqrt(12)))

    def resolution(self, depth: float) -> float:
        """Return the step between neighbouring readings at `depth`, in mm."""
        return depth**2 * self.step / (self.focal * abs(self.baseline))


def shadow(depth: Floats, focal_baseline: float) -> npt.NDArray[np.bool_]:
    """Return what (n, 2S, 2S) of the surface the partner does not see; it is right if > 0.

    The partner sees column c of depth z at c - f b / z; along a row these places rise, but for what
    hides behind a nearer surface further on.
    """
    if focal_baseline < 0:
        return shadow(depth[..., ::-1], -focal_baseline)[..., ::-1]
    places = np.arange(depth.shape[-1]) - OVERSAMPLE * focal_baseline / depth
    further = np.minimum.accumulate(places[..., ::-1], -1)[..., ::-1]
    hidden = np.zeros(depth.shape, bool)
    hidden[..., :-1] = places[..., :-1] >= further[..., 1:]
    return hidden


def _nearer(maps: Floats) -> Floats:
    """Return the mean (n, S, S) of the nearer surface that each pixel of maps (n, 2S, 2S) sees."""
    cells = _cells(maps)
    near = cells.min((2, 4), keepdims=True)
    return np.asarray(cells.mean((2, 4), where=cells <= near + STEP), np.float32)


def _cells(maps: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return maps (n, 2S, 2S) as the samples of each pixel (n, S, 2, S, 2)."""
    side = maps.shape[1] // OVERSAMPLE
    return maps.reshape(len(maps), side, OVERSAMPLE, side, OVERSAMPLE)
