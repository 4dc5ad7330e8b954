"""Random changes of faces, a whole batch at once: the head turned, its picture moved, noise.

A depth map is a surface, so a turned head is that surface seen along other rays. Where a ray meets
it is solved by Newton's method for every pixel, so no holes are torn; what the nose newly hides or
shows is filled from beside it.
"""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Array = npt.NDArray[Any]

BACKGROUND = -1.0
# Half widths of the even draws: degrees, share of the size, share of the side.
TILT, SCALE, SHIFT = 10.0, 0.08, 0.10
# Of the depth: share of it, and units of the window's half, as the noise (standard deviation).
STRETCH, OFFSET, NOISE = 0.05, 0.1, 0.015
# Standard deviations of the turns in degrees, cut at twice that: wider than in `features.posed`,
# since a net that sees each turn once can learn from the faces that show little.
YAW, PITCH, WIDEST = 18.0, 10.0, 2.0
REACH = 8  # pixels by which a surface is continued beyond the outline: rays may look for it there
NEWTON = 3  # iterations; the first is exact on a plane
GRAZING = 0.3  # least slope that Newton's method divides by: along a surface it would leap away
STEEPEST = 2.0  # mm a mm; steeper ones are the outline's, or a sensor's


class Surface(NamedTuple):
    """Depths (n, 1, S, S) in [-1, 1], continued beyond the outline; `face` is 1 on it, else 0."""

    depth: Tensor
    face: Tensor

    @classmethod
    def of(cls, faces: Tensor) -> Self:
        """Take faces (n, 1, S, S) whose background is -1."""
        face = (faces > BACKGROUND).float()
        depth, known = faces * face, face
        for _ in range(REACH):
            weight = functional.avg_pool2d(known, 3, 1, 1)
            mean = functional.avg_pool2d(depth * known, 3, 1, 1) / weight.clamp_min(1e-6)
            depth = torch.where(known > 0, depth, mean)
            known = (weight > 0).float()
        return cls(torch.where(known > 0, depth, BACKGROUND), face)

    def pick(self, rows: Tensor) -> Self:
        """Return the surfaces at `rows`."""
        return type(self)(self.depth[rows], self.face[rows])


class Change(NamedTuple):
    """What happens to each of n faces, arrays (n,): angles in degrees, the rest in factors.

    `mirror` is 1 or -1; `right` and `down` are in half sides, `offset` in [-1, 1]'s own unit.
    """

    mirror: Array
    tilt: Array
    scale: Array
    right: Array
    down: Array
    stretch: Array
    offset: Array
    yaw: Array
    pitch: Array


def draw(count: int, rng: np.random.Generator) -> Change:
    """Draw the changes of `count` faces."""
    mirror = rng.choice([-1.0, 1.0], count)
    widths = np.array([TILT, SCALE, 2 * SHIFT, 2 * SHIFT, STRETCH, OFFSET])[:, None]
    tilt, scale, right, down, stretch, offset = rng.uniform(-1, 1, (6, count)) * widths
    turns = np.clip(rng.standard_normal((2, count)), -WIDEST, WIDEST) * [[YAW], [PITCH]]
    return Change(mirror, tilt, 1 + scale, right, down, 1 + stretch, offset, *turns)


def changed(surface: Surface, change: Change, relief: float) -> Tensor:
    """Return faces (n, 1, S, S) after `change`, their background -1.

    `relief` is the depth of the window over the side of the crop, both in mm; with 0 no head turns.
    Depth is linear among the face's own pixels and never blended with the background: that would
    put flying pixels along the outline.
    """
    half = surface.depth.shape[-1] // 2
    middle = surface.depth[:, :, half - 1 : half + 1, half - 1 : half + 1].mean((2, 3), True)
    level = Surface(surface.depth - middle, surface.face)
    x, y = _moved(level.depth, change)
    if relief:
        depth, face = _turned(level, (x, y), change, relief)
    else:
        depth, face = _sampled(torch.cat(level, 1), x, y).chunk(2, 1)
        face = face * _inside(x, y)
    depth = middle + depth * _each(change.stretch) + _each(change.offset)
    return torch.where(face > 0.5, depth.clamp(-1, 1), BACKGROUND)


def noisy(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Return faces with noise on them; the background stays the background."""
    noise = torch.from_numpy(rng.standard_normal(tuple(faces.shape), np.float32))
    return (faces + NOISE * noise * (faces > BACKGROUND)).clamp(-1, 1)


def slopes(faces: Tensor, relief: float) -> Tensor:
    """Return dz/dx and dz/dy (n, 2, S, S) of faces (n, 1, S, S), mm a mm, z towards the camera.

    They are mean differences to those neighbours that are face; 0 on the background.
    """
    face = faces > BACKGROUND
    unit = relief * faces.shape[-1] / 2  # mm of depth that 1 stands for, over mm a pixel
    right = _differences(faces, face)
    down = _differences(faces.mT, face.mT).mT
    return (torch.cat([right, down], 1) * unit).clamp(-STEEPEST, STEEPEST)


def _differences(faces: Tensor, face: Tensor) -> Tensor:
    """Return the mean difference to the neighbours along the last axis that are face."""
    both = face[..., 1:] & face[..., :-1]
    steps = (faces[..., 1:] - faces[..., :-1]) * both
    count = functional.pad(both.float(), [1, 0]) + functional.pad(both.float(), [0, 1])
    return (functional.pad(steps, [1, 0]) + functional.pad(steps, [0, 1])) / count.clamp_min(1)


def _moved(like: Tensor, change: Change) -> tuple[Tensor, Tensor]:
    """Return where each pixel of the result lies in the picture, x and y (n, 1, S, S) in [-1, 1].

    The inverse of: mirrored, scaled, tilted clockwise, shifted.
    """
    side = like.shape[-1]
    places = (2 * torch.arange(side) + 1) / side - 1
    right, down = places - _each(change.right), places[:, None] - _each(change.down)
    cos = np.cos(np.deg2rad(change.tilt)) / change.scale
    sin = np.sin(np.deg2rad(change.tilt)) / change.scale
    x = _each(cos * change.mirror) * right + _each(sin * change.mirror) * down
    return x, _each(-sin) * right + _each(cos) * down


def _turned(
    level: Surface, seen: tuple[Tensor, Tensor], change: Change, relief: float
) -> tuple[Tensor, Tensor]:
    """Return depth and face (n, 1, S, S) of turned heads at the pixels `seen`.

    With R the turn and h the height where the ray of (x, y) meets the turned surface, the point
    was R^T (x, y, h) before, and there it has to lie on the surface z(x, y). Lengths are in half
    sides; R turns about the middle of the face, which so stays where it is.
    """
    back = _rotation(change)
    x, y = (
        seen[0] * _each(back[:, i, 0]) + seen[1] * _each(back[:, i, 1]) for i in range(2)
    )  # the ray's point at height 0
    base = seen[0] * _each(back[:, 2, 0]) + seen[1] * _each(back[:, 2, 1])
    right, down, up = (_each(back[:, i, 2]) for i in range(3))
    steep = _steepness(level.depth) * relief
    height = level.depth * relief
    known, h = torch.cat([height, steep], 1), torch.zeros_like(x)
    for _ in range(NEWTON):
        z, along, across = _sampled(known, x + right * h, y + down * h).chunk(3, 1)
        h = h + (z - base - up * h) / (up - along * right - across * down).clamp_min(GRAZING)
    x, y = x + right * h, y + down * h
    z, face = _sampled(torch.cat([height, level.face], 1), x, y).chunk(2, 1)
    h = x * right + y * down + z * up  # the last row of R; a point of the surface, come what may
    return h / relief, face * _inside(x, y)


def _steepness(depth: Tensor) -> Tensor:
    """Return central differences (n, 2, S, S) of whole surfaces (n, 1, S, S), a half side."""
    side = depth.shape[-1]
    wide = functional.pad(depth, [1, 1, 1, 1], "replicate")
    right = wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]
    down = wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]
    return torch.cat([right, down], 1) * (side / 4)


def _rotation(change: Change) -> Array:
    """Return the inverse turns R^T (n, 3, 3), R = pitch after yaw; x right, y down, z to us."""
    yaw, pitch = np.deg2rad(change.yaw), np.deg2rad(change.pitch)
    (a, b), (c, d) = (np.cos(yaw), np.sin(yaw)), (np.cos(pitch), np.sin(pitch))
    rows = [[a, -b * d, -b * c], [np.zeros_like(a), c, -d], [b, a * d, a * c]]
    return np.stack([np.stack(row, -1) for row in rows], 1)


def _sampled(images: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return images (n, C, S, S) at x and y (n, 1, S, S), linear; beyond them their border."""
    grid = torch.stack([x[:, 0], y[:, 0]], -1)
    return functional.grid_sample(images, grid, "bilinear", "border", False)


def _inside(x: Tensor, y: Tensor) -> Tensor:
    return (x.abs() <= 1) & (y.abs() <= 1)


def _each(numbers: Array) -> Tensor:
    """Return (n,) numbers as float32 (n, 1, 1, 1)."""
    return torch.from_numpy(np.asarray(numbers, np.float32))[:, None, None, None]
