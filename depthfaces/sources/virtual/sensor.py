"""What a time-of-flight or structured-light sensor makes of true depth."""

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
GRAIN = {0.7: 0.7, 2.5: 0.7}  # share of the noise by its correlation length in pixels


@dataclass(frozen=True)
class Sensor:
    """Noise: mm at 1 m, pixels, two shares of the edge pixels; the wall's range in mm."""

    axial: float
    lateral: float
    missing: float
    flying: float
    wall: tuple[float, float]


def sense(true: Floats, sensor: Sensor, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """Return readings (n, S, S) in whole millimetres, 0 = none, of true depth (n, 2S, 2S).

    A pixel averages what it sees; one that straddles an edge reads the nearer side, nothing,
    or a flying value between the two. Then axial noise, the background, and rounding.
    """
    maps = np.stack([_wobble(_slits(one), sensor.lateral, rng) for one in true])
    n, side = len(maps), maps.shape[1] // OVERSAMPLE
    cells = maps.reshape(n, side, OVERSAMPLE, side, OVERSAMPLE)
    near, far = cells.min((2, 4)), cells.max((2, 4))
    mean = cells.mean((2, 4), where=cells <= near[:, :, None, :, None] + STEP)
    mean = np.stack([_mix(one) for one in mean])
    edge = (far - near > STEP) & (near < EMPTY)
    chance = rng.random(mean.shape, np.float32)
    between = near + rng.random(mean.shape, np.float32) * (np.minimum(far, near + 300) - near)
    depth = np.where(edge & (chance < sensor.flying), between, mean)
    lost = edge & (chance > 1 - sensor.missing)
    depth = depth + _axial(depth, sensor.axial, rng)
    depth = np.where(near < EMPTY, depth, _background(mean.shape, sensor.wall, rng))
    depth[lost] = 0
    return np.clip(np.rint(depth), 0, 65535).astype(np.uint16)


def _slits(depth: Floats) -> Floats:
    """Return one map in which no narrow gap, parted lips say, is deeper than `SLIT`.

    Light that enters it comes back by several paths; the sensor reads a shallow furrow.
    """
    kernel = np.ones((5, 5), np.uint8)
    without = cv2.morphologyEx(depth, cv2.MORPH_OPEN, kernel)
    return np.asarray(np.minimum(depth, without + SLIT), np.float32)


def _wobble(depth: Floats, pixels: float, rng: np.random.Generator) -> Floats:
    """Return one map sampled at positions off by a smooth field of `pixels` (before averaging)."""
    if pixels == 0:
        return depth
    side = len(depth)
    shift = rng.normal(0, pixels * OVERSAMPLE, (2, side // 2, side // 2)).astype(np.float32)
    field = [cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR) for part in shift]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return np.asarray(cv2.remap(depth, x + field[0], y + field[1], cv2.INTER_NEAREST,
                                borderMode=cv2.BORDER_REPLICATE), np.float32)  # fmt: skip


def _mix(depth: Floats) -> Floats:
    """Return one map blurred over `SPREAD` pixels, each side of an edge by itself."""
    solid = (depth < EMPTY).astype(np.float32)
    weight = cv2.GaussianBlur(solid, (0, 0), SPREAD)
    total = cv2.GaussianBlur(depth * solid, (0, 0), SPREAD) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(np.abs(total - depth) < STEP, total, depth), np.float32)


def _axial(depth: Floats, millimetres: float, rng: np.random.Generator) -> Floats:
    """Return noise growing with the square of the distance: grain, and wider waves.

    Its strength varies from frame to frame by up to a half more or less, as skin and light do.
    """
    strength = millimetres * 2 ** rng.uniform(-0.6, 0.6, (len(depth), 1, 1)).astype(np.float32)
    noise = sum(share * _smooth_noise(depth.shape, wide, rng) for wide, share in GRAIN.items())
    return np.asarray(strength * noise * np.minimum(depth / 1000, 5) ** 2, np.float32)


def _smooth_noise(shape: tuple[int, ...], wide: float, rng: np.random.Generator) -> Floats:
    """Return Gaussian noise of unit variance, correlated over `wide` pixels."""
    white = rng.standard_normal(shape, np.float32)
    gain = np.float32(2 * np.sqrt(np.pi) * wide)  # the blur leaves 1 / gain of the deviation
    return gain * np.stack([cv2.GaussianBlur(one, (0, 0), wide) for one in white])


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
