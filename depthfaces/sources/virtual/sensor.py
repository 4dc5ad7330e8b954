"""What a time-of-flight sensor makes of true depth, and what any sensor does to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.sources.virtual.camera import EMPTY

Floats = npt.NDArray[np.float32]
OVERSAMPLE = 2  # true depth has this many samples a pixel side
STEP = 80.0  # mm between the samples of one pixel from which it straddles an edge
SLIT = 40.0  # mm
SPREAD = 0.6  # pixels over which light of one surface mixes: lens and multiple paths
UNEVEN = 0.6  # octaves more or less by which the noise of a frame differs from the usual
SWING = 1.058  # root mean square of that factor: sqrt(sinh(x) / x), x = 2 UNEVEN ln 2
GRAIN = {0.7: 0.7, 2.5: 0.7}  # share of the noise by its correlation length in pixels


def squared(depth: Floats) -> Floats:
    """Return how much stronger than at 1 m the noise is at `depth` (n, S, S) in mm."""
    return np.asarray(np.minimum(depth / 1000, 5) ** 2, np.float32)


@dataclass(frozen=True)
class Sensor:
    """Noise: mm at 1 m, pixels, two shares of the edge pixels; the wall's range in mm.

    `growth` gives the factor on `axial` for depth (n, S, S) in mm.
    """

    axial: float
    lateral: float
    missing: float
    flying: float
    wall: tuple[float, float]
    growth: Callable[[Floats], Floats] = squared


def sense(true: Floats, sensor: Sensor, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """Return readings (n, S, S) in whole millimetres, 0 = none, of true depth (n, 2S, 2S).

    A pixel averages what it sees; one that straddles an edge reads the nearer side, nothing,
    or a flying value between the two. Then axial noise, the background, and rounding.
    """
    maps = np.stack([wobble(slits(one), sensor.lateral, rng) for one in true])
    n, side = len(maps), maps.shape[1] // OVERSAMPLE
    cells = maps.reshape(n, side, OVERSAMPLE, side, OVERSAMPLE)
    near, far = cells.min((2, 4)), cells.max((2, 4))
    mean = cells.mean((2, 4), where=cells <= near[:, :, None, :, None] + STEP)
    mean = np.stack([mix(one, SPREAD) for one in mean])
    edge = (far - near > STEP) & (near < EMPTY)
    chance = rng.random(mean.shape, np.float32)
    between = near + rng.random(mean.shape, np.float32) * (np.minimum(far, near + 300) - near)
    depth = np.where(edge & (chance < sensor.flying), between, mean)
    lost = edge & (chance > 1 - sensor.missing)
    depth = depth + grain(depth.shape, sensor.axial, GRAIN, rng) * sensor.growth(depth)
    depth = np.where(near < EMPTY, depth, _background(mean.shape, sensor.wall, rng))
    depth[lost] = 0
    return np.clip(np.rint(depth), 0, 65535).astype(np.uint16)


def slits(depth: Floats) -> Floats:
    """Return one map in which no narrow gap, parted lips say, is deeper than `SLIT`.

    Light that enters it comes back by several paths; the sensor reads a shallow furrow.
    """
    kernel = np.ones((5, 5), np.uint8)
    without = cv2.morphologyEx(depth, cv2.MORPH_OPEN, kernel)
    return np.asarray(np.minimum(depth, without + SLIT), np.float32)


def wobble(depth: Floats, pixels: float, rng: np.random.Generator) -> Floats:
    """Return one map sampled at positions off by a smooth field of `pixels` (before averaging)."""
    if pixels == 0:
        return depth
    side = len(depth)
    shift = rng.normal(0, pixels * OVERSAMPLE, (2, side // 2, side // 2)).astype(np.float32)
    field = [cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR) for part in shift]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return np.asarray(cv2.remap(depth, x + field[0], y + field[1], cv2.INTER_NEAREST,
                                borderMode=cv2.BORDER_REPLICATE), np.float32)  # fmt: skip


def mix(depth: Floats, spread: float) -> Floats:
    """Return one map blurred over `spread` pixels, each side of an edge by itself."""
    solid = (depth < EMPTY).astype(np.float32)
    weight = cv2.GaussianBlur(solid, (0, 0), spread)
    total = cv2.GaussianBlur(depth * solid, (0, 0), spread) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(np.abs(total - depth) < STEP, total, depth), np.float32)


def grain(
    shape: tuple[int, ...],
    deviation: float,
    shares: Mapping[float, float],
    rng: np.random.Generator,
) -> Floats:
    """Return noise of `deviation`: a sum of `shares` of it by correlation length in pixels.

    Its strength varies from frame to frame by up to a half more or less, as skin and light do: over
    many the deviation is `SWING` times that.
    """
    strength = deviation * 2 ** rng.uniform(-UNEVEN, UNEVEN, (shape[0], 1, 1)).astype(np.float32)
    noise = sum(share * smooth_noise(shape, wide, rng) for wide, share in shares.items())
    return np.asarray(strength * noise, np.float32)


def smooth_noise(shape: tuple[int, ...], wide: float, rng: np.random.Generator) -> Floats:
    """Return Gaussian noise of unit variance, correlated over `wide` pixels."""
    white = rng.standard_normal(shape, np.float32)
    gain = np.float32(2 * np.sqrt(np.pi) * wide)  # the blur leaves 1 / gain of the deviation
    return gain * np.stack([cv2.GaussianBlur(one, (0, 0), wide) for one in white])


def slope(depth: Floats, focal: float) -> Floats:
    """Return the tangent of the angle between each pixel's surface and the image plane.

    `depth` (n, S, S) in mm; a pixel spans depth / focal mm.
    """
    down, across = np.gradient(depth, axis=(1, 2))
    return np.asarray(np.hypot(down, across) * focal / depth, np.float32)


def _background(
    shape: tuple[int, ...], wall_range: tuple[float, float], rng: np.random.Generator
) -> Floats:
    """Return a wall behind; part of it gives no reading, part of it speckles."""
    n = shape[0]
    wall = rng.uniform(*wall_range, (n, 1, 1)) + 30 * rng.standard_normal(shape, np.float32)
    chance = rng.random(shape, np.float32)
    quiet = rng.uniform(0.3, 1.0, (n, 1, 1))  # share of the wall without a reading
    wall = np.where(chance < quiet, 0, wall)
    speckle = rng.random(shape, np.float32) < rng.uniform(0, 0.1, (n, 1, 1))
    return np.where(speckle, rng.uniform(600, wall_range[1], shape), wall).astype(np.float32)
