"""Random augmentation of whole batches: heads are turned, images moved, noise is added.

A depth map is a surface, so a turned head is that surface seen along other rays. The intersection
of each pixel's ray with it is found by Newton's method, so no holes are torn; what the nose newly
hides or shows is filled from beside it.
"""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Array = npt.NDArray[Any]

BACKGROUND = -1.0
# Half widths of the uniform draws: degrees, share of the size, share of the side.
TILT, SCALE, SHIFT = 10.0, 0.08, 0.10
# Of the depth: share of it, and units of the window's half, as the noise (standard deviation).
STRETCH, OFFSET, NOISE = 0.05, 0.1, 0.015
# Standard deviations of the turns in degrees, cut at twice that: wider than in `features.posed`,
# since a net that sees each turn once can learn even from faces that show little.
YAW, PITCH, MAX_DEVIATION = 18.0, 10.0, 2.0
CONTINUATION = 8  # pixels by which a surface is continued beyond the outline, for rays that meet it
NEWTON_STEPS = 3  # iterations; the first is exact on a plane
MIN_SLOPE = 0.3  # lower bound of the divisor in Newton's method: it would diverge along a surface
MAX_GRADIENT = 2.0  # mm per mm; steeper ones belong to the outline or the sensor


class Surface(NamedTuple):
    """Depths (n, 1, S, S) in [-1, 1], continued beyond the outline; `face` is 1 on it, else 0."""

    depth: Tensor
    face: Tensor

    @classmethod
    def of(cls, faces: Tensor) -> Self:
        """Build surfaces from faces (n, 1, S, S) whose background is -1."""
        face = (faces > BACKGROUND).float()
        depth, known_mask = faces * face, face
        for _ in range(CONTINUATION):
            known_share = functional.avg_pool2d(known_mask, 3, 1, 1)
            neighbour_mean = functional.avg_pool2d(
                depth * known_mask, 3, 1, 1
            ) / known_share.clamp_min(1e-6)
            depth = torch.where(known_mask > 0, depth, neighbour_mean)
            known_mask = (known_share > 0).float()
        return cls(torch.where(known_mask > 0, depth, BACKGROUND), face)

    def pick(self, rows: Tensor) -> Self:
        """Return the surfaces at `rows`."""
        return type(self)(self.depth[rows], self.face[rows])


class Change(NamedTuple):
    """The changes of n faces, arrays (n,): angles in degrees, the rest factors.

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


def draw_changes(count: int, rng: np.random.Generator) -> Change:
    """Draw random changes for `count` faces."""
    mirror = rng.choice([-1.0, 1.0], count)
    half_widths = np.array([TILT, SCALE, 2 * SHIFT, 2 * SHIFT, STRETCH, OFFSET])[:, None]
    tilt, scale, right, down, stretch, offset = rng.uniform(-1, 1, (6, count)) * half_widths
    turn_angles = np.clip(rng.standard_normal((2, count)), -MAX_DEVIATION, MAX_DEVIATION) * [
        [YAW],
        [PITCH],
    ]
    return Change(mirror, tilt, 1 + scale, right, down, 1 + stretch, offset, *turn_angles)


def apply_changes(surface: Surface, change: Change, relief: float) -> Tensor:
    """Apply `change` to faces and return them (n, 1, S, S), their background -1.

    `relief` is the depth of the window over the side of the crop, both in mm; with 0 no head turns.
    Depth is linear among the face's own pixels and never blended with the background: that would
    put flying pixels along the outline.
    """
    half_side = surface.depth.shape[-1] // 2
    middle_depth = surface.depth[
        :, :, half_side - 1 : half_side + 1, half_side - 1 : half_side + 1
    ].mean((2, 3), True)
    levelled = Surface(surface.depth - middle_depth, surface.face)
    x, y = _source_positions(levelled.depth, change)
    if relief:
        depth, face = _turned_faces(levelled, (x, y), change, relief)
    else:
        depth, face = _sample_at(torch.cat(levelled, 1), x, y).chunk(2, 1)
        face = face * _in_image(x, y)
    depth = middle_depth + depth * _per_face(change.stretch) + _per_face(change.offset)
    return torch.where(face > 0.5, depth.clamp(-1, 1), BACKGROUND)


def add_noise(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Add depth noise to faces; the background stays the background."""
    noise = torch.from_numpy(rng.standard_normal(tuple(faces.shape), np.float32))
    return (faces + NOISE * noise * (faces > BACKGROUND)).clamp(-1, 1)


def depth_gradients(faces: Tensor, relief: float) -> Tensor:
    """Return dz/dx and dz/dy (n, 2, S, S) of faces (n, 1, S, S), mm per mm, z towards the camera.

    They are mean differences to the neighbours on the face; 0 on the background.
    """
    face = faces > BACKGROUND
    depth_unit = relief * faces.shape[-1] / 2  # mm of depth that 1 stands for, over mm per pixel
    right = _differences(faces, face)
    down = _differences(faces.mT, face.mT).mT
    return (torch.cat([right, down], 1) * depth_unit).clamp(-MAX_GRADIENT, MAX_GRADIENT)


def _differences(faces: Tensor, face: Tensor) -> Tensor:
    """Return the mean difference to the neighbours on the face along the last axis."""
    both_faces = face[..., 1:] & face[..., :-1]
    face_steps = (faces[..., 1:] - faces[..., :-1]) * both_faces
    neighbour_count = functional.pad(both_faces.float(), [1, 0]) + functional.pad(
        both_faces.float(), [0, 1]
    )
    return (
        functional.pad(face_steps, [1, 0]) + functional.pad(face_steps, [0, 1])
    ) / neighbour_count.clamp_min(1)


def _source_positions(like: Tensor, change: Change) -> tuple[Tensor, Tensor]:
    """Return the source position of each result pixel, x and y (n, 1, S, S) in [-1, 1].

    It is the inverse of: mirror, scale, tilt clockwise, shift.
    """
    side = like.shape[-1]
    centres = (2 * torch.arange(side) + 1) / side - 1
    right, down = centres - _per_face(change.right), centres[:, None] - _per_face(change.down)
    cos = np.cos(np.deg2rad(change.tilt)) / change.scale
    sin = np.sin(np.deg2rad(change.tilt)) / change.scale
    x = _per_face(cos * change.mirror) * right + _per_face(sin * change.mirror) * down
    return x, _per_face(-sin) * right + _per_face(cos) * down


def _turned_faces(
    levelled: Surface, positions: tuple[Tensor, Tensor], change: Change, relief: float
) -> tuple[Tensor, Tensor]:
    """Return depth and face (n, 1, S, S) of turned heads at the pixels `positions`.

    With R the turn and h the height where the ray of (x, y) meets the turned surface, the point
    was R^T (x, y, h) before, and there it has to lie on the surface z(x, y). Lengths are in half
    sides; R turns about the middle of the face, which so stays where it is.
    """
    inverse_rotations = _inverse_rotations(change)
    x, y = (
        positions[0] * _per_face(inverse_rotations[:, i, 0])
        + positions[1] * _per_face(inverse_rotations[:, i, 1])
        for i in range(2)
    )  # the ray's point at height 0
    base_height = positions[0] * _per_face(inverse_rotations[:, 2, 0]) + positions[1] * _per_face(
        inverse_rotations[:, 2, 1]
    )
    right, down, up = (_per_face(inverse_rotations[:, i, 2]) for i in range(3))
    gradients = _central_differences(levelled.depth) * relief
    height = levelled.depth * relief
    surface_channels, h = torch.cat([height, gradients], 1), torch.zeros_like(x)
    for _ in range(NEWTON_STEPS):
        z, along, across = _sample_at(surface_channels, x + right * h, y + down * h).chunk(3, 1)
        h = h + (z - base_height - up * h) / (up - along * right - across * down).clamp_min(
            MIN_SLOPE
        )
    x, y = x + right * h, y + down * h
    z, face = _sample_at(torch.cat([height, levelled.face], 1), x, y).chunk(2, 1)
    h = x * right + y * down + z * up  # the last row of R, exact even without convergence
    return h / relief, face * _in_image(x, y)


def _central_differences(depth: Tensor) -> Tensor:
    """Return central differences (n, 2, S, S) of surfaces (n, 1, S, S), per half side."""
    side = depth.shape[-1]
    padded_depth = functional.pad(depth, [1, 1, 1, 1], "replicate")
    right = padded_depth[..., 1:-1, 2:] - padded_depth[..., 1:-1, :-2]
    down = padded_depth[..., 2:, 1:-1] - padded_depth[..., :-2, 1:-1]
    return torch.cat([right, down], 1) * (side / 4)


def _inverse_rotations(change: Change) -> Array:
    """Return the inverse turns R^T (n, 3, 3), R = pitch after yaw; x right, y down, z to us."""
    yaw, pitch = np.deg2rad(change.yaw), np.deg2rad(change.pitch)
    (a, b), (c, d) = (np.cos(yaw), np.sin(yaw)), (np.cos(pitch), np.sin(pitch))
    matrix_rows = [[a, -b * d, -b * c], [np.zeros_like(a), c, -d], [b, a * d, a * c]]
    return np.stack([np.stack(row, -1) for row in matrix_rows], 1)


def _sample_at(images: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Sample images (n, C, S, S) linearly at x and y (n, 1, S, S); outside is their border."""
    grid = torch.stack([x[:, 0], y[:, 0]], -1)
    return functional.grid_sample(images, grid, "bilinear", "border", False)


def _in_image(x: Tensor, y: Tensor) -> Tensor:
    return (x.abs() <= 1) & (y.abs() <= 1)


def _per_face(numbers: Array) -> Tensor:
    """Return (n,) numbers as float32 (n, 1, 1, 1)."""
    return torch.from_numpy(np.asarray(numbers, np.float32))[:, None, None, None]
