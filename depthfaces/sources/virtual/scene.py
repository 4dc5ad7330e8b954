"""A person before the camera: head, hair and shoulders, posed, and seen as true depth."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.depth.pose import rotation
from depthfaces.sources.virtual import camera, heads, shells
from depthfaces.sources.virtual.people import Person
from depthfaces.sources.virtual.sensor import OVERSAMPLE

Floats = npt.NDArray[np.float32]


class Optics(NamedTuple):
    """Focal length and side of a frame, in pixels."""

    focal: float
    size: int


class Shot(NamedTuple):
    """True depth (n, 2S, 2S) in mm, and the nose tips (n, 3): frame column, row, mm.

    What was seen: `points` (n, V, 3) in mm before the camera, head first, then long hair if
    `locks`, then shoulders, and `triangles` (T, 3) of them.
    """

    depth: Floats
    tips: Floats
    points: Floats
    triangles: npt.NDArray[np.int32]
    locks: bool


def shoot(
    person: Person, weights: npt.NDArray[np.float64], views: npt.NDArray[np.float64], optics: Optics
) -> Shot:
    """Return what the camera sees of `person` with facial-action weights (n, A).

    `views` (n, 6): yaw, pitch, roll in degrees, nose distance in mm, nose offset in pixels x, y.
    """
    model = heads.load()
    skin = model.frames(model.neutral(person), weights)
    parts = [np.stack([shells.scalp(head, person) for head in skin])]
    triangles = [model.triangles]
    for points, faces in [shells.locks(person)] if person.locks else []:
        triangles.append(faces + parts[0].shape[1])
        parts.append(np.broadcast_to(points, (len(skin), *points.shape)))
    head = _posed(np.concatenate(parts, 1), views)
    body, faces = shells.shoulders(person)
    triangles.append(faces + head.shape[1])
    points = np.concatenate([head, np.broadcast_to(body, (len(head), *body.shape))], 1)
    points += (_target(views, optics) - head[:, model.tip])[:, None]
    side = OVERSAMPLE * optics.size
    pixels = camera.project(points, OVERSAMPLE * optics.focal, side)
    tips = pixels[:, model.tip].copy()
    tips[:, :2] = (tips[:, :2] - (OVERSAMPLE - 1) / 2) / OVERSAMPLE  # of the coarser pixels
    every = np.concatenate(triangles)
    depth = camera.depth_maps(pixels, every, side)
    return Shot(depth, tips, points, every, bool(person.locks))


def _posed(head: Floats, views: npt.NDArray[np.float64]) -> Floats:
    """Return heads (n, V, 3) turned about the neck; the shoulders stay."""
    turns = np.stack([rotation(*angles) for angles in views[:, :3]])
    return np.asarray((head - shells.PIVOT) @ turns.transpose(0, 2, 1) + shells.PIVOT, np.float32)


def _target(views: npt.NDArray[np.float64], optics: Optics) -> Floats:
    """Return where the nose tips shall be (n, 3), in mm before the camera."""
    rays = np.column_stack([views[:, 4:6], np.full(len(views), optics.focal)])
    return np.asarray(rays * (views[:, 3] / optics.focal)[:, None], np.float32)
