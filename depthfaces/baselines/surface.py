"""A face as points in space: lifted out of its image, moved, and seen anew by a z-buffer.

No depth is ever added to a pixel: points move, what lies behind others is hidden, what nothing
covers is a hole. In millimetres and the camera's axes (x right, y down, z away), nose tip at 0.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from depthfaces.depth.crop import PATCH, Window, fill
from depthfaces.depth.pose import rotation

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

DENSER = 2  # points a pixel side
SAME = 5.0  # mm behind the nearest point of a pixel up to which points are of the same surface
STEEPEST = 3.0  # mm a mm: beyond, a slope is an edge
SPECKLE = 6.0  # mm by which a pixel stands out
FOLDED = 0.05  # share of a point's area below which its surface has turned away

# Standard deviations of the turns in degrees, cut at twice that, and half widths of the even draws
# of size (share) and shift (share of the side): those of `features.posed` and `features.augment`.
ANGLES = (12.0, 7.0, 3.0)  # yaw, pitch, roll
WIDEST = 2.0
SCALE = 0.06
SHIFT = 0.04
# Sensor noise in mm: strength, and the share of it by its correlation length in pixels.
NOISE = 0.5
GRAIN = {0.7: 0.7, 2.5: 0.7}


class Surface(NamedTuple):
    """Points (M, M, 3), M = `DENSER` a pixel side, and where they are a head's (M, M)."""

    points: Floats
    solid: Mask


class View(NamedTuple):
    """How the head is held: its rotation (3, 3), its size, and where the nose lies (2,) in mm."""

    turn: Floats
    scale: float
    shift: Floats


STRAIGHT = View(np.eye(3, dtype=np.float32), 1.0, np.zeros(2, np.float32))


def draw_view(window: Window, rng: np.random.Generator) -> View:
    """Return a view by chance."""
    angles = np.clip(rng.standard_normal(3), -WIDEST, WIDEST) * ANGLES
    scale = 1 + rng.uniform(-SCALE, SCALE)
    shift = rng.uniform(-SHIFT, SHIFT, 2) * window.crop
    return View(rotation(*angles), scale, np.asarray(shift, np.float32))


def lift(image: npt.NDArray[Any], window: Window) -> Surface:
    """Return the points of one face (S, S) in [-1, 1]."""
    behind = window.decode(image)
    solid = behind < window.back - 1
    if not solid.any():
        solid = np.ones_like(solid)
    # The background takes the nearest depth of the head first: no point flies between the two.
    nearest = ndimage.distance_transform_edt(~solid, return_distances=False, return_indices=True)
    side = (DENSER * window.size,) * 2
    depth = cv2.resize(behind[tuple(nearest)], side, interpolation=cv2.INTER_CUBIC)
    share = cv2.resize(solid.astype(np.float32), side, interpolation=cv2.INTER_LINEAR)
    x, y = np.meshgrid(*(axis(window),) * 2)
    return Surface(np.stack([x, y, depth], -1).astype(np.float32), share > 0.5)


def axis(window: Window) -> Floats:
    """Return the places (M,) in mm of the points along one side, the middle at 0."""
    side = DENSER * window.size
    return np.asarray((np.arange(side) - (side - 1) / 2) * window.crop / side, np.float32)


def shown(surface: Surface, between: Floats, view: View, window: Window) -> Floats:
    """Return (S, S) in mm behind the nose tip: the surface, and points (n, 3) between its lips."""
    points, solid = held(surface.points, view), surface.solid
    slope, front = _slopes(points, window)
    seen = solid & front
    extra = held(between, view)
    every = np.concatenate([points[seen], extra])
    slopes = np.concatenate([slope[seen], np.zeros((len(extra), 2), np.float32)])
    behind = z_buffer(every, slopes, window)
    return fill(despeckled(behind), behind < window.back, window.back)


def despeckled(behind: Floats) -> Floats:
    """Return depth (S, S) without the pixels that stand out from all round them."""
    median = cv2.medianBlur(behind, 3)
    return np.where(np.abs(median - behind) > SPECKLE, median, behind)


def held(points: Floats, view: View) -> Floats:
    """Return points (..., 3) of a head as `view` holds it."""
    turned = np.asarray(view.scale * (points @ view.turn.T), np.float32)
    turned[..., :2] += view.shift
    return turned


def z_buffer(points: Floats, slopes: Floats, window: Window) -> Floats:
    """Return the depth (S, S) of the nearest surface among points (n, 3), `back` where none is.

    Each point is a small plane with `slopes` (n, 2) = (dz/dx, dz/dy), read at the middle of its
    pixel; those within `SAME` of the nearest are averaged. Unmoved points give their depth back.
    """
    pitch, middle = window.crop / window.size, (window.size - 1) / 2
    cells = np.rint(points[:, :2] / pitch + middle)
    inside = ((cells >= 0) & (cells < window.size)).all(1) & (points[:, 2] < window.back)
    points, slopes, cells = points[inside], slopes[inside], cells[inside]
    off = (cells - middle) * pitch - points[:, :2]
    depth = points[:, 2] + (slopes * off).sum(1)
    place = (cells[:, 1] * window.size + cells[:, 0]).astype(np.int64)
    nearest = np.full(window.size**2, window.back, np.float64)
    np.minimum.at(nearest, place, depth)
    same = depth <= nearest[place] + SAME
    count = np.bincount(place[same], minlength=len(nearest))
    total = np.bincount(place[same], depth[same], minlength=len(nearest))
    mean = np.where(count > 0, total / np.maximum(count, 1), window.back)
    return np.asarray(mean.reshape(window.size, window.size), np.float32)


def _slopes(points: Floats, window: Window) -> tuple[Floats, Mask]:
    """Return (dz/dx, dz/dy) (M, M, 2) of moved points, and where they still face the camera."""
    down, across = (np.asarray(np.gradient(points, axis=k)) for k in (0, 1))
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    front = area > FOLDED * (window.crop / window.size / DENSER) ** 2
    area = np.where(front, area, 1)
    x = (across[..., 2] * down[..., 1] - down[..., 2] * across[..., 1]) / area
    y = (across[..., 0] * down[..., 2] - down[..., 0] * across[..., 2]) / area
    slope = np.stack([x, y], -1)
    steep = np.abs(slope).max(-1, keepdims=True) > STEEPEST
    return np.where(steep, 0, slope).astype(np.float32), front


def renosed(behind: Floats, before: Floats, window: Window) -> Floats:
    """Return `behind` with its nose at the depth that it had `before`, as preparing it would."""
    reach, middle = round(PATCH * window.size / window.crop), window.size // 2
    patch = (slice(middle - reach, middle + reach),) * 2
    heights = [
        np.quantile(one[patch][one[patch] < window.back], 0.2)
        if (one[patch] < window.back).any() else 0.0
        for one in (before, behind)
    ]  # fmt: skip
    moved = behind + np.float32(heights[0] - heights[1])
    return np.asarray(np.where(behind < window.back, moved, window.back), np.float32)


def sensed(behind: Floats, window: Window, rng: np.random.Generator) -> Floats:
    """Return the face (S, S) in [-1, 1] with new sensor noise; the background stays."""
    white = rng.standard_normal((len(GRAIN), *behind.shape), np.float32)
    noise = sum(
        share * 2 * np.sqrt(np.pi) * wide * cv2.GaussianBlur(one, (0, 0), wide)
        for one, (wide, share) in zip(white, GRAIN.items(), strict=True)
    )
    strength = NOISE * 2 ** rng.uniform(-1, 1)
    noisy = np.minimum(behind + strength * noise, window.back - 0.1)
    return window.encode(np.where(behind < window.back, noisy, window.back).astype(np.float32))
