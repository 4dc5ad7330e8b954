"""How the flesh of a face follows a smile and a falling jaw, beside the head model's own actions.

The model's smile lifts the corners of the mouth and leaves the rest of the face as it is. On people
the upper lip is drawn back along the teeth, the cheeks rise, and chin and jaw line come forward and
outwards; an opened mouth hollows the cheeks. The bumps below are what the mean change of depth of
six recorded people is more than the model's (`python -m bench.motion FOLDER --fit` draws both and
fits them; those of the jaw were then smoothed by hand), and what their resting faces differ by, set
by hand.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bump = tuple[float, float, float]

WIDE = 11.0  # mm, standard deviation of a bump
BEHIND = 75.0  # mm behind the nose tip from which nothing moves
# mm right of and below the nose tip, and mm by which the face lies deeper there at full strength,
# less than 0 = nearer; mirrored to the other side.
BUMPS: dict[str, tuple[Bump, ...]] = {
    "restFlesh": (
        (32, -35, -4), (18, 0, 1.5),
    ),
    "smileFlesh": (
        (14, -15, 0.3), (42, -15, 0.7), (56, -15, 1.7), (0, 0, -0.3), (28, 0, -0.4), (42, 0, -1.9),
        (56, 0, -1.3), (0, 14, 0.5), (14, 14, 0.6), (28, 14, 0.3), (42, 14, -0.3), (56, 14, -0.9),
        (0, 26, 1.6), (14, 26, 2), (28, 26, 0.6), (42, 26, 0.5), (56, 26, -0.4), (42, 38, -0.3),
        (56, 38, -1.5), (14, 52, 0.9), (28, 52, 0.3), (42, 52, -2.5), (56, 52, -2.6),
        (0, 66, -1.2), (14, 66, -1.4), (28, 66, -2), (42, 66, -4.1), (56, 66, -2),
    ),
    "jawFlesh": (
        (56, 0, -1), (42, 14, 1.5), (56, 14, -0.5), (28, 26, 1.5), (42, 26, 3), (28, 38, 2.5),
        (42, 38, 3.5), (56, 38, 1), (0, 52, 3), (14, 52, 4), (28, 52, 2), (0, 66, -2),
        (14, 66, -2.5), (28, 66, -2), (42, 66, -1.5), (56, 66, -1),
    ),
}  # fmt: skip
REST, *MOVING = BUMPS  # how faces are, and what they do


def motions(template: Floats, triangles: npt.NDArray[np.int32]) -> Floats:
    """Return the motions (3, V, 3) of the template's vertices, in the order of `BUMPS`.

    A point of a slope moves along its normal, just so far that its pixel's depth changes as told.
    """
    normal = normals(template, triangles)
    facing = np.clip(-normal[:, 2:], 0, 1)
    front = facing * (template[:, 2:] < BEHIND)
    deeper = np.stack([depth(template, bumps) for bumps in BUMPS.values()])
    return np.asarray(-deeper[..., None] * normal * front, np.float32)


def depth(points: Floats, bumps: tuple[Bump, ...]) -> npt.NDArray[np.float64]:
    """Return by how many mm points (n, 3) lie deeper than without `bumps`."""
    total = np.zeros(len(points))
    for right, down, deeper in bumps:
        for side in {right, -right}:
            square = (points[:, 0] - side) ** 2 + (points[:, 1] - down) ** 2
            total += deeper * np.exp(-square / (2 * WIDE**2))
    return total


def normals(points: Floats, triangles: npt.NDArray[np.int32]) -> Floats:
    """Return the outward unit normals (V, 3) of a closed head."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    outwards = np.sign(((a - points.mean(0)) * across).sum())
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], outwards * across)
    length = np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-6)
    return np.asarray(total / length, np.float32)
